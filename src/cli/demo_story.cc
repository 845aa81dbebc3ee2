#include "cli/demo_story.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/shell_word.h"
#include "base/text.h"
#include "cli/program.h"

namespace salvor::cli {
namespace {

// "salvor-demo/" and "./salvor-demo" are shown as "salvor-demo".
std::string Short(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  while (path.size() > 2 && path.starts_with("./") && path[2] != '/') path.erase(0, 2);
  // A name such as "-x" or "~" must not be taken for a flag or a home.
  if (path.starts_with('-') || path.starts_with('~')) path.insert(0, "./");
  return path;
}

std::string CommandLine(const std::vector<std::string>& arguments) {
  std::string line = "salvor";
  for (const std::string& argument : arguments) line += " " + ShellWord(argument);
  return line;
}

Result<std::string> FirstFreeName(const io::FsReader& fs) {
  constexpr int kMost = 99;
  for (int number = 1; number <= kMost; ++number) {
    const std::string name = number == 1 ? "salvor-demo" : fmt::format("salvor-demo-{}", number);
    SALVOR_TRY(const auto info, fs.Lstat(name));
    if (!info) return name;
    if (info->type != io::FileInfo::Type::kDirectory) continue;
    SALVOR_TRY(const auto names, fs.List(name));
    if (names.empty()) return name;
  }
  return Fail(Code::kRefused,
              fmt::format("every name from salvor-demo to salvor-demo-{} is taken", kMost), {},
              "Remove some of these folders, or name another one");
}

}  // namespace

void PrintDemo(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintDemoCommand(const std::string& why, const std::string& line) {
  PrintDemo(fmt::format("\n# {}\n$ {}\n", why, Printable(line)));
}

Status RunDemoStep(const workspace::World& world, const DemoStep& step, const std::string& config) {
  std::vector<std::string> arguments = step.arguments;
  if (!config.empty()) arguments.insert(arguments.end(), {"--config", config});
  const std::string line = CommandLine(arguments);
  PrintDemoCommand(step.why, line);
  const int exit = RunProgram(arguments, world);
  if (exit == static_cast<int>(step.expected)) return Done{};
  return Fail(Code::kInternal,
              fmt::format("the demo stops: this step ended with exit code {} instead of {}", exit,
                          static_cast<int>(step.expected)),
              line, "Its message is above; what was made is left as it is");
}

Result<std::string> DemoFolder(const io::FsReader& fs, const std::string& named) {
  std::string folder = Short(named);
  if (!folder.empty()) return folder;
  return FirstFreeName(fs);
}

}  // namespace salvor::cli
