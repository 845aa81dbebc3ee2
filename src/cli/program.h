// The program: reads the command line, runs one verb, turns its answer into an exit code.
#pragma once

#include <string>
#include <vector>

#include "io/clock.h"
#include "io/fs.h"

namespace salvor::cli {

// `arguments` without the program's name. Never throws.
int RunProgram(std::vector<std::string> arguments, io::Fs& fs, const io::Clock& clock);

}  // namespace salvor::cli
