// From a table's name, as a person writes it, to its opened engine, with what salvor.yaml says of
// it: what the program and the library share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "config/config.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "io/process.h"
#include "model/engine_words.h"
#include "model/inventory.h"
#include "model/review.h"
#include "warehouse/engine.h"
#include "warehouse/progress.h"
#include "workspace/engines.h"

namespace salvor::workspace {

// The world outside, as the seams show it. Borrowed.
struct World {
  io::Fs& fs;
  const io::Clock& clock;
  io::Processes& processes;
  const io::Environment& environment;
};

// What holds for all tables that are opened.
struct Settings {
  // BigQuery's: where jobs run, where else to look for who did it, what queries may cost together.
  std::string project = {};
  std::vector<std::string> jobs_projects = {};
  std::string max_bytes_billed = {};
  std::string config = {};  // salvor.yaml; empty: it is looked for
};

class Workspace {
 public:
  // `progress` is borrowed; `engines` as KnownEngines has them, one at least.
  Workspace(const World& world, warehouse::Progress& progress, Settings settings,
            std::vector<EngineRow> engines)
      : world_(world),
        progress_(progress),
        settings_(std::move(settings)),
        engines_(std::move(engines)) {}

  [[nodiscard]] const World& Outside() const { return world_; }
  [[nodiscard]] io::Fs& Files() const { return world_.fs; }
  [[nodiscard]] const io::Clock& Clock() const { return world_.clock; }
  [[nodiscard]] io::Processes& Processes() const { return world_.processes; }
  [[nodiscard]] warehouse::Progress& Progress() const { return progress_; }
  [[nodiscard]] const Settings& Set() const { return settings_; }

  // The row of the engine that has tables with this address.
  [[nodiscard]] const EngineRow& EngineOf(std::string_view address) const;
  // How that engine's things are called. The engine itself is not opened.
  [[nodiscard]] const model::EngineWords& WordsOf(const model::TableIdentity& table) const {
    return EngineOf(table.uri).words();
  }
  // By the clock that the table's deadlines go by.
  Result<Instant> NowOf(const model::TableIdentity& table);
  // salvor.yaml, read when it is first asked for; empty where there is none. Errors as
  // config::LoadConfig.
  Result<const config::Config*> Config();
  // Who acts on the table with this address, checked: whom its service takes the caller for, else
  // the system's user.
  Result<model::Identity> Identify(const std::string& address);
  // The address of a table as a person wrote it: "warehouse:dataset.table" of salvor.yaml, a path
  // of a Delta table, or "bigquery:project.dataset.table".
  Result<std::string> AddressOf(const std::string& table);
  // A table, likewise. The workspace must outlive the engine.
  Result<std::unique_ptr<warehouse::Engine>> OpenTable(const std::string& table,
                                                       const EngineFlags& flags = {});

 private:
  World world_;
  warehouse::Progress& progress_;
  Settings settings_;
  std::optional<config::Config> config_;
  std::vector<EngineRow> engines_;
};

}  // namespace salvor::workspace
