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
#include "cli/engines.h"
#include "cli/exit_code.h"
#include "cli/terminal_progress.h"
#include "config/config.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "io/process.h"
#include "model/engine_words.h"
#include "model/plan.h"
#include "model/review.h"
#include "warehouse/engine.h"

namespace salvor::cli {

struct Switches {
  bool json = false;
  bool no_input = false;
  // BigQuery's: where jobs run, where else to look for who did it, what queries may cost together.
  std::string project = {};
  std::vector<std::string> jobs_projects = {};
  std::string max_bytes_billed = {};
  std::string config = {};  // --config; empty: salvor.yaml is looked for
};

// The world outside, as the seams show it. Borrowed.
struct World {
  io::Fs& fs;
  const io::Clock& clock;
  io::Processes& processes;
  const io::Environment& environment;
};

class Session {
 public:
  Session(const World& world, TerminalProgress& progress, Switches switches,
          std::vector<EngineRow> engines)
      : world_(world),
        progress_(progress),
        switches_(std::move(switches)),
        engines_(std::move(engines)) {}

  [[nodiscard]] const World& Outside() const { return world_; }
  [[nodiscard]] io::Fs& Files() const { return world_.fs; }
  [[nodiscard]] const io::Clock& Clock() const { return world_.clock; }
  // The row of the engine that has tables with this address.
  [[nodiscard]] const EngineRow& EngineOf(std::string_view address) const;
  // How that engine's things are called. The engine itself is not opened.
  [[nodiscard]] const model::EngineWords& WordsOf(const model::TableIdentity& table) const {
    return EngineOf(table.uri).words();
  }
  // By the clock that the table's deadlines go by.
  Result<Instant> NowOf(const model::TableIdentity& table);
  [[nodiscard]] TerminalProgress& Progress() const { return progress_; }
  [[nodiscard]] io::Processes& Processes() const { return world_.processes; }
  [[nodiscard]] const Switches& Set() const { return switches_; }
  // The person's name, as the system knows it.
  [[nodiscard]] std::string Who() const;
  // salvor.yaml, read when it is first asked for; empty where there is none. Errors as
  // config::LoadConfig.
  Result<const config::Config*> Config();
  // Who acts on the table with this address, checked: whom its service takes the caller for, else
  // the system's user.
  Result<model::Identity> Identify(const std::string& address);

  // A result, on standard output: the text, or with --json the document, which Close prints. Once a
  // command.
  void Say(const std::string& text, nlohmann::json document);
  // With --json: prints the one document of this command, what was said and the error that ended
  // it, if any.
  void Close(const Error* error);
  // A message, on standard error; made printable.
  static void Tell(const std::string& message);

  // What must be seen even by those who read nothing else: red on a terminal, unless NO_COLOR.
  void Warn(const std::string& message) const;

  // The address of TABLE as a person wrote it: "warehouse:dataset.table" of salvor.yaml, a path of
  // a Delta table, or "bigquery:project.dataset.table".
  Result<std::string> AddressOf(const std::string& table);
  // TABLE, likewise. The session must outlive the engine.
  Result<std::unique_ptr<warehouse::Engine>> OpenTable(const std::string& table,
                                                       const TableWishes& wishes = {});

  // Asks for the table's name on a terminal, unless `yes`. kRefused without a terminal or with
  // another answer.
  Status Confirm(const std::string& action, const std::string& name, bool yes) const;

 private:
  World world_;
  TerminalProgress& progress_;
  Switches switches_;
  std::optional<config::Config> config_;
  std::optional<nlohmann::json> said_;  // only with --json
  std::vector<EngineRow> engines_;
};

// What a command line asks for, to be run once the switches are known.
using Action = std::function<Result<Exit>(Session&)>;

}  // namespace salvor::cli
