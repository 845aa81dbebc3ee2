#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "io/posix_call.h"
#include "io/process.h"

extern char** environ;

namespace salvor::io {
namespace {

using Steady = std::chrono::steady_clock;
constexpr size_t kLongestLine = 4096;
constexpr Millis kGrace{5'000};

class PosixRunningProgram final : public RunningProgram {
 public:
  ~PosixRunningProgram() override {
    if (pid_ < 0) return;
    input_ = Descriptor();
    const auto end = Steady::now() + kGrace;
    while (Uninterrupted([&] { return ::waitpid(pid_, nullptr, WNOHANG); }) == 0) {
      if (Steady::now() > end) {
        ::kill(pid_, SIGKILL);
        Uninterrupted([&] { return ::waitpid(pid_, nullptr, 0); });
        return;
      }
      ::poll(nullptr, 0, 2);
    }
  }
  PosixRunningProgram(const PosixRunningProgram&) = delete;
  PosixRunningProgram& operator=(const PosixRunningProgram&) = delete;
  PosixRunningProgram() = default;

  [[nodiscard]] const std::string& FirstLine() const override { return line_; }

  Status Start(const Command& command) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) return CannotTalk();
    Descriptor childs_input(in[0]);
    input_ = Descriptor(in[1]);
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return CannotTalk();
    output_ = Descriptor(out[0]);
    Descriptor childs_output(out[1]);
    const int error = Spawn(command, childs_input, childs_output);
    if (error == ENOENT || error == ENOTDIR) {
      return Fail(Code::kNotFound, "there is no such program", command.words.front(),
                  "Install it, or check its name");
    }
    if (error != 0) {
      return Fail(ErrnoError(error, "cannot start the program", command.words.front()));
    }
    return Done{};
  }

  Status AwaitLine(const Command& command) {
    const auto end = Steady::now() + command.timeout;
    while (line_.find('\n') == std::string::npos) {
      const auto left = std::chrono::ceil<Millis>(end - Steady::now());
      pollfd entry{output_.Number(), POLLIN, 0};
      if (left <= Millis(0) || line_.size() > kLongestLine) return NoLine(command);
      if (::poll(&entry, 1, static_cast<int>(left.count())) <= 0) continue;
      std::array<char, 512> buffer{};
      const ssize_t got =
          Uninterrupted([&] { return ::read(output_.Number(), buffer.data(), buffer.size()); });
      if (got <= 0) return NoLine(command);
      line_.append(buffer.data(), static_cast<size_t>(got));
    }
    line_.resize(line_.find('\n'));
    return Done{};
  }

 private:
  static Status CannotTalk() { return Fail(ErrnoError(errno, "cannot talk to a program", {})); }
  static Status NoLine(const Command& command) {
    return Fail(Code::kUnavailable, "the program did not say a first line", command.words.front(),
                "Run it by hand to see why");
  }

  // In a process group of its own: Ctrl-C at the terminal is for us, and our end is its end.
  int Spawn(const Command& command, const Descriptor& input, const Descriptor& output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, input.Number(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.Number(), STDOUT_FILENO);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = command.words;
    const int error = ::posix_spawn(&pid_, words.front().c_str(), &actions, &attributes,
                                    ExecPointers(words).data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) pid_ = -1;
    return error;
  }

  Descriptor input_;
  Descriptor output_;
  std::string line_;
  pid_t pid_ = -1;
};

}  // namespace

Result<std::unique_ptr<RunningProgram>> PosixProcesses::Start(const Command& command) {
  if (command.words.empty() || command.words.front().empty()) {
    return Fail(Code::kInvalidArgument, "no program was named");
  }
  auto program = std::make_unique<PosixRunningProgram>();
  SALVOR_OK(program->Start(command));
  SALVOR_OK(program->AwaitLine(command));
  return std::unique_ptr<RunningProgram>(std::move(program));
}

}  // namespace salvor::io
