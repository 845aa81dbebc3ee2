// triage's judgement of one partition.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/inventory.h"

namespace salvor::model {

// kBroken: in the table, but a piece that it needs is not there, or is not what the table says.
// kExpired: without rows because the table's own expiration was due; nothing is missed.
enum class Health { kIntact, kMissing, kPartial, kChanged, kBroken, kUnexpected, kExpired };

struct Finding {
  PartitionKey key;
  Health health = Health::kIntact;
  Tally now;
  Tally before;                    // what the last good version had; equal to `now` where intact
  int64_t last_good_version = -1;  // -1 where intact
  std::optional<int64_t> unchanged_since;  // up to it, nothing touched the partition
  std::optional<Event> lost_by;            // without its `changes`
  bool recoverable = false;
  std::string refusal;  // why it is not although all is there: today's table may not take it
  int64_t files_present = 0;
  int64_t files_gone = 0;
  std::vector<std::string> gone_examples;
  std::optional<Instant> deadline;
  std::string deadline_reason;
  Tally best;
  int64_t best_version = 0;
  std::vector<PastContent> contents;  // to choose from; see PartitionRecord
  int64_t older_contents = 0;
  bool looks_like_expiry = false;
  std::vector<Doubt> doubts;
  Damage broken;  // of a missing partition too, which has files of no rows then
  // Before Window::recent_from, and cannot be brought back, or never went whole: in no count but
  // Assessment::old.
  bool old = false;
};

// Losses that are old news.
struct OldLosses {
  int64_t partitions = 0;
  int64_t gone = 0;  // of these, without rows now
  int64_t rows = 0;  // that these have fewer than before
};

struct Assessment {
  std::vector<Finding> findings;  // in the inventory's order, the intact ones too
  int64_t intact = 0;
  int64_t missing = 0;
  int64_t partial = 0;
  int64_t changed = 0;
  int64_t broken = 0;
  int64_t unexpected = 0;
  int64_t expired = 0;
  int64_t missing_recoverable = 0;
  int64_t missing_refused = 0;  // of the missing: those that only a refusal keeps away
  int64_t doubtful = 0;         // partitions with doubts, whatever their health
  OldLosses old;
  // False where the window holds one state alone, or nothing ever was in the table: nobody can say
  // then whether anything was lost.
  bool compared = true;
};

std::string_view HealthName(Health health);
Result<Health> ParseHealth(std::string_view name);

}  // namespace salvor::model
