// The program: reads the command line, runs one verb, turns its answer into an exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace salvor::cli {

// `arguments` without the program's name. Never throws.
int RunProgram(std::vector<std::string> arguments, const World& world);

}  // namespace salvor::cli
