// What will be done to each partition, and what a person asks for: `salvor plan` as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "salvor/instant.h"
#include "salvor/partition.h"

#pragma GCC visibility push(default)
namespace salvor {

/// By default every partition that is missing comes back, from right before its last loss.
struct PlanRequest {
  std::optional<Instant> since = {};  ///< how far to look back; else as far as the warehouse allows
  std::optional<int64_t> event =
      {};  ///< only what this version removed; at most one of these three
  std::optional<int64_t> version = {};  ///< restore from this version
  std::optional<Instant> as_of = {};    ///< restore from the version of this instant
  bool latest = false;                  ///< where contents replaced one another, take the newest
  std::vector<std::string> partitions = {};  ///< only these, as --partitions takes them
  /// What stands in these makes room for what stood in them before, and is saved first.
  std::vector<std::string> replace = {};
  bool include_partial = false;
  bool include_changed = false;
  std::string staging =
      {};  ///< where the private copy goes; empty: salvor.yaml's, or the warehouse's
  /// BigQuery alone.
  bool by_name = false;              ///< put rows back by a query that costs
  bool allow_unchecked_iam = false;  ///< accept a copy whose readers cannot all be listed
  std::string definition = {};       ///< of a deleted table, as JSON
};

enum class Disposition { kRestore, kRerun, kLeave, kLost, kReview };
/// "restore", "rerun", ... as plan.json has them.
std::string_view NameOf(Disposition disposition);

struct PlannedPartition {
  Partition partition;
  Disposition disposition = Disposition::kLeave;
  std::string reason;
  int64_t rows_now = 0;      ///< when the plan was made
  int64_t rows_restore = 0;  ///< what comes back
  int64_t rows_gone = 0;     ///< of rows_now: what leaves the table, saved in the private copy
  std::optional<Instant> deadline;
};

struct Plan {
  std::string digest;  ///< SHA-256 of `json`: the plan's identity, which people sign
  std::string table;   ///< its address
  std::string name;    ///< its last part
  std::vector<Column> columns;
  std::vector<PlannedPartition> partitions;  ///< every one that is not intact
  int64_t restores = 0;                      ///< of these, with Disposition::kRestore
  int64_t approvals = 0;                     ///< how many people must approve it
  std::string staging;                       ///< where the private copy goes
  std::vector<std::string> warnings;
  std::vector<std::string> notes;  ///< said while it was made; empty for a case that was opened
  std::string json;                ///< plan.json, byte for byte; docs/formats.md describes it
};

}  // namespace salvor
#pragma GCC visibility pop
