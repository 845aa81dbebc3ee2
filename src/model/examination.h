// Between a draft and a plan: what somebody would like to bring back, and what the engine says to
// that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "model/inventory.h"
#include "model/plan.h"

namespace salvor::model {

// A partition that somebody would like to bring back, and from where.
struct Wanted {
  PartitionKey key;
  Mode mode = Mode::kAdd;
  int64_t snapshot = 0;               // the version that has the rows
  std::optional<int64_t> event = {};  // kInvert: the event that is taken back
  // From that version to the snapshot nothing touched the partition: one reading of the table in
  // between may answer for several. Nothing where nobody knows.
  std::optional<int64_t> unchanged_since = {};
};

// How the old content of a partition relates to the rows that it has now (for kInvert: to the rows
// of the pieces that would be taken out). Multisets, exactly, by rows.
struct Relation {
  PartitionKey key;
  int64_t staged_rows = 0;  // of the old content
  int64_t present_rows = 0;
  int64_t common_rows = 0;  // size of the multiset intersection

  [[nodiscard]] bool Identical() const {
    return staged_rows == present_rows && common_rows == staged_rows;
  }
  [[nodiscard]] bool Contains() const { return common_rows == present_rows; }
  [[nodiscard]] bool Disjoint() const { return common_rows == 0; }
};

// The answer for one partition: nothing of both where the engine cannot tell before rows are
// copied.
struct Compared {
  std::optional<Relation> relation = {};
  std::string problem = {};  // why its rows cannot be compared
};

// What the engine says to that. Fields as in PlannedPartition.
struct Examined {
  Wanted wanted;
  SnapshotRef snapshot;
  Tally restore;
  Tally now;
  std::string content;
  std::string present;
  int64_t files_present = 0;
  int64_t files_gone = 0;
  std::vector<std::string> gone_examples = {};  // as in PartitionRecord
  std::optional<Instant> deadline;
  std::string deadline_reason;
  std::string refusal;  // why today's table may not take this content, by name; empty if it may
  std::optional<Relation> relation = {};  // where rows would meet rows, and it could be told
};

struct Examination {
  std::vector<Examined> partitions;  // in the order asked
  TableState state;
  std::vector<std::string> warnings;  // what follows from putting rows back
  // The warnings name the deletions since the snapshots whose writers are known.
  bool names_later_deletions = false;
  std::vector<std::string> notes;  // of the examining itself; no part of the plan
  Pins pins;
};

}  // namespace salvor::model
