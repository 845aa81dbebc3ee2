// What the demos of all warehouses share: they print each command before it runs, and stop where
// the story does not go on as it must.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace salvor::cli {

// One command of the recovery, and the exit code that its story needs.
struct DemoStep {
  const char* why;
  std::vector<std::string> arguments;
  Exit expected = Exit::kDone;
};

// To standard output at once: the verbs write to both streams.
void PrintDemo(const std::string& text);
// "# WHY", then "$ COMMAND" with `line` as a shell takes it.
void PrintDemoCommand(const std::string& why, const std::string& line);
// Prints and runs it, with --config unless `config` is empty. kInternal if it ends with another
// exit code.
Status RunDemoStep(const workspace::World& world, const DemoStep& step, const std::string& config);

// "salvor-demo/" and "./salvor-demo" are shown as "salvor-demo"; for no name, the first one that is
// free: a second demo gets a folder of its own, because the first one may still be looked at.
// kRefused if they are all taken.
Result<std::string> DemoFolder(const io::FsReader& fs, const std::string& named);

}  // namespace salvor::cli
