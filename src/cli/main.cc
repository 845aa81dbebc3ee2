#include <string>
#include <vector>

#include "cli/program.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/posix_fs.h"
#include "io/process.h"

int main(int argc, char** argv) {
  salvor::io::PosixFs fs;
  salvor::io::PosixProcesses processes;
  return salvor::cli::RunProgram(
      std::vector<std::string>(argv + 1, argv + argc),
      {fs, salvor::io::SystemClock(), processes, salvor::io::SystemEnvironment()});
}
