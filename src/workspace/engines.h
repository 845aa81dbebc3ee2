// The engines that salvor knows, a row each. Nothing else asks which engine a table is of, but for
// what has BigQuery in its name: a third engine is one room and one row.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "io/fs.h"
#include "model/engine_words.h"
#include "model/plan.h"
#include "warehouse/diagnosis.h"
#include "warehouse/engine.h"

namespace salvor::workspace {

class Workspace;

// What one caller wants of the table beyond its name. Each engine takes of it what it understands.
struct EngineFlags {
  // BigQuery
  bool by_name = false;
  bool allow_unchecked_iam = false;
  std::string definition = {};             // of a deleted table, as JSON
  std::optional<model::Pins> pinned = {};  // by the plan that is carried out
  bool fingerprints = false;               // a proof that compares every row, where that costs
  // Delta
  bool copy = false;  // a private copy of bytes instead of links
  bool deep = false;  // ... of which every row was read
};

// Where a person wants the private copy; either may be empty.
struct StagingChoice {
  std::string asked;       // --staging
  std::string configured;  // in salvor.yaml, of the table's warehouse
};

struct EngineRow {
  std::string_view scheme;  // what its addresses begin with: "bigquery:"; empty: they are paths
  const model::EngineWords& (*words)();  // there without the engine being opened
  // Production that people share: one of them approves what another planned, unless salvor.yaml
  // says otherwise.
  bool shared = true;
  // The table with this address. The workspace must outlive the engine.
  std::function<Result<std::unique_ptr<warehouse::Engine>>(Workspace&, const std::string& address,
                                                           const EngineFlags&)>
      open;
  // Where the private copy goes; empty: Engine::DefaultStaging. An error must be found without
  // asking the table: it is asked for before a look that may take minutes and be billed.
  std::function<Result<std::string>(const io::FsReader&, const StagingChoice&)> staging;
  // By whose clock deadlines go; without it, this machine's.
  std::function<Result<Instant>(Workspace&)> now = {};
  // Whom the service takes the caller for, checked; without it, and where it says "" (an emulator
  // knows nobody), the system's user.
  std::function<Result<std::string>(Workspace&)> principal = {};
  // What of a plan salvor.yaml does not agree with; without it, nothing.
  std::function<Status(Workspace&, const model::Plan&)> check_plan = {};
  // Whether salvor can work on the table from here; bills and changes nothing. Without it, doctor
  // has nothing to say.
  std::function<Result<std::vector<warehouse::Diagnosis>>(Workspace&, const std::string& address)>
      diagnose = {};
};

// All that this program was built with, for one workspace: a row may keep a connection. The last
// takes every address that no other claims.
std::vector<EngineRow> KnownEngines();

}  // namespace salvor::workspace
