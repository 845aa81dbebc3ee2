// The program: reads the command line, runs one verb, turns its answer into an exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace salvor::cli {

// `arguments` without the program's name; `engines` as workspace::KnownEngines has them, one at
// least. Never throws.
int RunProgram(std::vector<std::string> arguments, const workspace::World& world,
               std::vector<workspace::EngineRow> engines = workspace::KnownEngines());

}  // namespace salvor::cli
