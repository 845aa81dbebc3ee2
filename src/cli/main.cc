#include <string>
#include <vector>

#include "cli/program.h"
#include "io/clock.h"
#include "io/posix_fs.h"

int main(int argc, char** argv) {
  salvor::io::PosixFs fs;
  return salvor::cli::RunProgram(std::vector<std::string>(argv + 1, argv + argc), fs,
                                 salvor::io::SystemClock());
}
