// What every command is handed: the seams, the two output streams, and the switches that all share.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/bigquery_service.h"
#include "cli/exit_code.h"
#include "cli/terminal_progress.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "model/plan.h"
#include "warehouse/engine.h"

namespace salvor::cli {

struct Switches {
  bool json = false;
  bool no_input = false;
  // BigQuery's: where jobs run, where else to look for who did it, what queries may cost together.
  std::string project = {};
  std::vector<std::string> jobs_projects = {};
  std::string max_bytes_billed = {};
};

// What one command wants of the table beyond its name. For Delta tables it means nothing.
struct TableWishes {
  bool by_name = false;
  bool allow_unchecked_iam = false;
  std::string definition = {};        // of a deleted table, as JSON
  std::optional<model::Pins> pinned;  // by the plan that is carried out
};

class Session {
 public:
  Session(io::Fs& fs, const io::Clock& clock, TerminalProgress& progress, Switches switches)
      : fs_(fs), clock_(clock), progress_(progress), switches_(std::move(switches)) {}

  [[nodiscard]] io::Fs& Files() const { return fs_; }
  [[nodiscard]] const io::Clock& Clock() const { return clock_; }
  [[nodiscard]] const Switches& Set() const { return switches_; }
  // The person's name, as the system knows it.
  [[nodiscard]] std::string Who() const;

  // A result, on standard output: the text, or with --json the document.
  void Say(const std::string& text, const nlohmann::json& document) const;
  // A message, on standard error; made printable.
  static void Tell(const std::string& message);

  // TABLE as a person wrote it. A path is a Delta table, "bigquery:project.dataset.table" one of
  // BigQuery; names from salvor.yaml are kUnsupported by this version. kRefused if the plan pins
  // another service or project than the environment and the flags name. The session must outlive
  // the engine.
  Result<std::unique_ptr<warehouse::Engine>> OpenTable(const std::string& table,
                                                       const TableWishes& wishes = {});
  // The way to BigQuery, made when it is first needed.
  Result<BigQueryService*> BigQuery();
  // --max-bytes-billed in bytes.
  [[nodiscard]] Result<int64_t> MaxBytesBilled() const;

  // Asks for the table's name on a terminal, unless `yes`. kRefused without a terminal or with
  // another answer.
  Status Confirm(const std::string& action, const std::string& name, bool yes) const;

 private:
  io::Fs& fs_;
  const io::Clock& clock_;
  Result<std::unique_ptr<warehouse::Engine>> OpenBigQuery(const std::string& table,
                                                          const TableWishes& wishes);

  TerminalProgress& progress_;
  Switches switches_;
  std::unique_ptr<BigQueryService> bigquery_;
};

// What a command line asks for, to be run once the switches are known.
using Action = std::function<Result<Exit>(Session&)>;

}  // namespace salvor::cli
