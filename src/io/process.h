// Other programs: started with a list of words (never through a shell), fed, and waited for.
#pragma once

#include <cstdint>
#include <memory>
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

// A program that serves beside us: it ends when this does, and also when our own process ends in
// whatever way, because then its standard input is closed. It must take that for its end.
class RunningProgram {
 public:
  // Closes its standard input and waits; kills it if it has not ended after five seconds.
  virtual ~RunningProgram() = default;
  // The first line that it said on standard output, without the line break.
  [[nodiscard]] virtual const std::string& FirstLine() const = 0;
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
  // Starts it, which must be named by a path, and waits for its first line, as long as the
  // command's timeout says. Errors as Run before that; kUnavailable if it ends without a line.
  // `input` and `files` must be empty. What it says later on standard output is not read; its
  // errors go where ours go.
  virtual Result<std::unique_ptr<RunningProgram>> Start(const Command& command) = 0;
};

class PosixProcesses final : public Processes {
 public:
  Result<CommandResult> Run(const Command& command) override;
  Result<std::unique_ptr<RunningProgram>> Start(const Command& command) override;
};

}  // namespace salvor::io
