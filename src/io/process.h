// Other programs: started with a list of words (never through a shell), fed, and waited for.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::io {

struct Command {
  // The program and its arguments; a secret belongs into `input`. Unless it has a slash it is
  // looked for in the absolute folders of PATH: never in the working folder, where anybody may have
  // put it.
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> variables = {};  // added to our environment
  std::string input = {};                                           // its standard input
  // {i, bytes}: word i becomes the path of a file with these bytes, in memory, that only the
  // program can open and that is gone with it.
  std::vector<std::pair<size_t, std::string>> files = {};
  Millis timeout{30'000};
  bool at_terminal = false;  // it may ask the person something: it stays in our process group; else
                             // it has a session of its own, and no terminal to ask on
  bool shows_errors = false;  // its standard error is ours, so that a person sees at once what it
                              // says there; CommandResult::errors stays empty
  int64_t max_output_bytes = int64_t{1} << 20U;  // of each stream
};

struct CommandResult {
  int exit_code = 0;  // 128 + n where signal n ended it, as a shell says it
  std::string output;
  std::string errors;
};

class Processes {
 public:
  virtual ~Processes() = default;
  // Runs it to its end. Every exit code is a value. kNotFound: no such program; kPermission: it may
  // not be run; kInvalidArgument: no words, one with a NUL, or a
  // file for a word that is not there; kUnavailable: it ran longer than
  // allowed, or said more (it is killed, and unless it is at the terminal so is all that it started
  // in its process group), or the system could not start it. Errors name the program, not its
  // arguments. Thread-safe.
  virtual Result<CommandResult> Run(const Command& command) = 0;
};

class PosixProcesses final : public Processes {
 public:
  Result<CommandResult> Run(const Command& command) override;
};

}  // namespace salvor::io
