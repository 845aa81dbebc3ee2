// What every command is handed: the seams, the two output streams, and the switches that all share.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/terminal_progress.h"
#include "io/clock.h"
#include "io/fs.h"
#include "warehouse/engine.h"

namespace salvor::cli {

struct Switches {
  bool json = false;
  bool no_input = false;
};

class Session {
 public:
  Session(io::Fs& fs, const io::Clock& clock, TerminalProgress& progress, Switches switches)
      : fs_(fs), clock_(clock), progress_(progress), switches_(switches) {}

  [[nodiscard]] io::Fs& Files() const { return fs_; }
  [[nodiscard]] const io::Clock& Clock() const { return clock_; }
  [[nodiscard]] const Switches& Set() const { return switches_; }
  // The person's name, as the system knows it.
  [[nodiscard]] std::string Who() const;

  // A result, on standard output: the text, or with --json the document.
  void Say(const std::string& text, const nlohmann::json& document) const;
  // A message, on standard error; made printable.
  static void Tell(const std::string& message);

  // TABLE as a person wrote it. A path is a Delta table; "bigquery:..." and names from salvor.yaml
  // are kUnsupported by this version.
  Result<std::unique_ptr<warehouse::Engine>> OpenTable(const std::string& table) const;

  // Asks for the table's name on a terminal, unless `yes`. kRefused without a terminal or with
  // another answer.
  Status Confirm(const std::string& action, const std::string& name, bool yes) const;

 private:
  io::Fs& fs_;
  const io::Clock& clock_;
  TerminalProgress& progress_;
  Switches switches_;
};

// What a command line asks for, to be run once the switches are known.
using Action = std::function<Result<Exit>(Session&)>;

}  // namespace salvor::cli
