// How a table is, partition by partition, and what could be brought back: `salvor status` as
// values.
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

enum class Health {
  kIntact,
  kMissing,     ///< had rows, and has none now
  kPartial,     ///< has fewer than before
  kChanged,     ///< has others
  kBroken,      ///< in the table, but a piece that it needs is not there
  kUnexpected,  ///< has rows that nobody expects
  kExpired,     ///< without rows, since the table's own expiration was due
};
/// "intact", "missing", ... as --json has them.
std::string_view NameOf(Health health);

struct PartitionHealth {
  Partition partition;
  Health health = Health::kIntact;
  Amount now;
  Amount before;             ///< what the last good version had; equal to `now` where intact
  bool recoverable = false;  ///< a plan would bring it back
  std::string refusal;       ///< why not, although all is there: today's table may not take it
  std::optional<Instant> deadline;  ///< after it the warehouse may drop what is needed
  /// Why the rows are not for certain: who reads what. Any, and nothing is restored by default.
  std::vector<std::string> doubts;
};

struct StatusRequest {
  std::optional<Instant> since;  ///< how far to look back; else as far as the warehouse allows
  bool files = true;             ///< look whether the table's files are there (Delta Lake)
};

struct Inventory {
  std::string table;  ///< its address: "bigquery:project.dataset.table", or an absolute path
  std::string name;   ///< its last part, which a person types to confirm
  int64_t version = 0;
  Instant at;     ///< of that version
  Instant since;  ///< from when on changes were watched
  bool compared =
      true;  ///< false where there was only one state: nobody can say whether it is whole
  std::vector<Column> columns;
  std::vector<PartitionHealth> partitions;  ///< in the columns' order, the intact ones too
  int64_t missing = 0;
  int64_t broken = 0;
  int64_t recoverable = 0;         ///< of the missing
  std::vector<std::string> notes;  ///< what a person should know
};

}  // namespace salvor
#pragma GCC visibility pop
