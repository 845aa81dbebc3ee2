#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "io/posix_call.h"
#include "io/process.h"

extern char** environ;

namespace salvor::io {
namespace {

using Steady = std::chrono::steady_clock;

// Both ends of a stream to the child; only the child's survives its start.
struct Stream {
  Descriptor ours;
  Descriptor childs;
};

// A socket, not a pipe: writing to a child that has gone then is an error and no signal.
Result<Stream> MakeStream() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Fail(ErrnoError(errno, "cannot talk to a program", {}));
  }
  Stream stream{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return stream;
}

std::vector<std::string> EnvironmentWith(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string_view text(*line);
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(variables.begin(), variables.end(),
                                      [&](const auto& variable) { return variable.first == name; });
    if (!replaced) lines.emplace_back(text);
  }
  for (const auto& [name, value] : variables) lines.emplace_back(name).append("=").append(value);
  return lines;
}

// Where the program is; "" if it is nowhere.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = ::getenv("PATH");
  std::string_view folders = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  while (!folders.empty()) {
    const size_t end = std::min(folders.find(':'), folders.size());
    const std::string_view folder = folders.substr(0, end);
    folders.remove_prefix(std::min(end + 1, folders.size()));
    if (!folder.starts_with('/')) continue;
    std::string candidate = std::string(folder) + "/" + name;
    struct stat status = {};
    if (::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

class Child {
 public:
  explicit Child(const Command& command) : command_(command) {}
  // Nothing of it is left behind, whatever happened.
  ~Child() {
    if (pid_ < 0) return;
    Kill();
    Uninterrupted([&] { return ::waitpid(pid_, nullptr, 0); });
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Status Start();
  Result<CommandResult> Finish();

 private:
  void Kill() const { ::kill(command_.at_terminal ? pid_ : -pid_, SIGKILL); }
  int Spawn();
  Status MakeFiles();
  Error TooMuch(std::string what) const {
    return {Code::kUnavailable, std::move(what), command_.words.front()};
  }
  // Moves what can be moved now; false when the stream has ended.
  bool Feed();
  static bool Drain(const Descriptor& stream, std::string& text);
  [[nodiscard]] std::optional<Millis> Left() const;

  const Command& command_;
  Stream input_, output_, errors_;
  std::vector<std::string> words_;
  std::vector<Descriptor> files_;
  CommandResult result_;
  size_t fed_ = 0;
  pid_t pid_ = -1;
  Steady::time_point end_;
};

int Child::Spawn() {
  const std::string program = FindProgram(words_.front());
  if (program.empty()) return ENOENT;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input_.childs.Number(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output_.childs.Number(), STDOUT_FILENO);
  if (!command_.shows_errors) {
    ::posix_spawn_file_actions_adddup2(&actions, errors_.childs.Number(), STDERR_FILENO);
  }
  // A descriptor that is "moved" to its own number stays open in the child.
  for (const Descriptor& file : files_) {
    ::posix_spawn_file_actions_adddup2(&actions, file.Number(), file.Number());
  }
  // What we ignore (PosixFs) it would ignore, too.
  sigset_t usual;
  ::sigemptyset(&usual);
  ::sigaddset(&usual, SIGXFSZ);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  // A group of its own would stop it (SIGTTIN) when it reads from the terminal. A session of its
  // own has no terminal, so that it fails where it would ask.
  const int session = command_.at_terminal ? 0 : POSIX_SPAWN_SETSID;
  ::posix_spawnattr_setflags(&attributes, static_cast<int16_t>(POSIX_SPAWN_SETSIGDEF | session));
  std::vector<std::string> lines = EnvironmentWith(command_.variables);
  const int error = ::posix_spawn(&pid_, program.c_str(), &actions, &attributes,
                                  ExecPointers(words_).data(), ExecPointers(lines).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) pid_ = -1;
  return error;
}

Status Child::MakeFiles() {
  words_ = command_.words;
  for (const auto& [word, bytes] : command_.files) {
    Descriptor file(::memfd_create("salvor", MFD_CLOEXEC));
    if (file.Number() < 0) return Fail(ErrnoError(errno, "cannot make a file in memory", {}));
    SALVOR_OK(WriteAll(file, bytes, "memory"));
    words_[word] = "/dev/fd/" + std::to_string(file.Number());
    files_.push_back(std::move(file));
  }
  return Done{};
}

Status Child::Start() {
  SALVOR_OK(MakeFiles());
  end_ = Steady::now() + command_.timeout;
  SALVOR_TRY(input_, MakeStream());
  SALVOR_TRY(output_, MakeStream());
  SALVOR_TRY(errors_, MakeStream());
  const int error = Spawn();
  if (error == ENOENT || error == ENOTDIR) {
    return Fail(Code::kNotFound, "there is no such program", command_.words.front(),
                "Install it, or check PATH");
  }
  if (error != 0)
    return Fail(ErrnoError(error, "cannot start the program", command_.words.front()));
  files_.clear();
  input_.childs = Descriptor();
  output_.childs = Descriptor();
  errors_.childs = Descriptor();
  return Done{};
}

bool Child::Feed() {
  const std::string_view rest = std::string_view(command_.input).substr(fed_);
  if (rest.empty()) return false;
  const ssize_t sent = Uninterrupted(
      [&] { return ::send(input_.ours.Number(), rest.data(), rest.size(), MSG_NOSIGNAL); });
  if (sent < 0) return errno == EAGAIN;
  fed_ += static_cast<size_t>(sent);
  return fed_ < command_.input.size();
}

bool Child::Drain(const Descriptor& stream, std::string& text) {
  std::array<char, 16'384> buffer{};
  const ssize_t got =
      Uninterrupted([&] { return ::recv(stream.Number(), buffer.data(), buffer.size(), 0); });
  if (got < 0) return errno == EAGAIN;
  text.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

std::optional<Millis> Child::Left() const {
  const auto left = std::chrono::ceil<Millis>(end_ - Steady::now());
  if (left <= Millis(0)) return std::nullopt;
  return left;
}

Result<CommandResult> Child::Finish() {
  std::array<pollfd, 3> polls{pollfd{input_.ours.Number(), POLLOUT, 0},
                              pollfd{output_.ours.Number(), POLLIN, 0},
                              pollfd{errors_.ours.Number(), POLLIN, 0}};
  const auto close = [](pollfd& poll, Descriptor& stream) {
    poll.fd = -1;  // poll(2) passes over it
    stream = Descriptor();
  };
  if (command_.input.empty()) close(polls[0], input_.ours);
  while (polls[1].fd >= 0 || polls[2].fd >= 0) {
    const auto left = Left();
    if (!left) return Fail(TooMuch("the program did not end in " + FormatSpan(command_.timeout)));
    const int ready = ::poll(polls.data(), polls.size(), static_cast<int>(left->count()));
    if (ready < 0 && errno != EINTR) return Fail(ErrnoError(errno, "cannot wait", {}));
    if (ready <= 0) continue;
    if (polls[0].fd >= 0 && polls[0].revents != 0 && !Feed()) close(polls[0], input_.ours);
    if (polls[1].fd >= 0 && polls[1].revents != 0 && !Drain(output_.ours, result_.output)) {
      close(polls[1], output_.ours);
    }
    if (polls[2].fd >= 0 && polls[2].revents != 0 && !Drain(errors_.ours, result_.errors)) {
      close(polls[2], errors_.ours);
    }
    const auto said = static_cast<int64_t>(std::max(result_.output.size(), result_.errors.size()));
    if (said > command_.max_output_bytes) return Fail(TooMuch("the program said too much"));
  }
  input_.ours = Descriptor();
  // It may have closed its streams and gone on: wait as long as is left.
  int status = 0;
  while (Uninterrupted([&] { return ::waitpid(pid_, &status, WNOHANG); }) == 0) {
    if (!Left()) return Fail(TooMuch("the program did not end in " + FormatSpan(command_.timeout)));
    ::poll(nullptr, 0, 1);
  }
  pid_ = -1;
  result_.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return std::move(result_);
}

}  // namespace

Result<CommandResult> PosixProcesses::Run(const Command& command) {
  if (command.words.empty() || command.words.front().empty()) {
    return Fail(Code::kInvalidArgument, "no program was named");
  }
  for (const std::string& word : command.words) {
    if (word.find('\0') != std::string::npos) {
      return Fail(Code::kInvalidArgument, "an argument holds a NUL", command.words.front());
    }
  }
  for (const auto& file : command.files) {
    if (file.first == 0 || file.first >= command.words.size()) {
      return Fail(Code::kInvalidArgument, "a file has no word", command.words.front());
    }
  }
  Child child(command);
  SALVOR_OK(child.Start());
  return child.Finish();
}

}  // namespace salvor::io
