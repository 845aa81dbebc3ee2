// The plan: what will be done to each partition, and the state of the table that this was decided
// for. Its file is canonical JSON (sorted keys, no spaces, one newline at the end), and the SHA-256
// of those bytes is the plan's identity: what was reviewed is what runs. docs/formats.md describes
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "model/review.h"

namespace salvor::model {

inline constexpr int kPlanFormat = 1;

enum class Disposition { kRestore, kRerun, kLeave, kLost, kReview };

// How the rows come back.
enum class Mode {
  kAdd,      // the partition is empty: its old content is put back
  kReplace,  // it is short: the old content takes the place of today's, once proven to contain it
  kBeside,   // it has later rows: the old content is put beside them, once proven to share none
  kInvert,   // one event is taken back inside a partition that lived on
  kInstead,  // a person chose it: the old content takes the place of today's, which is saved first
};

// Whether the whole of what the partition has now makes room for the old content.
[[nodiscard]] constexpr bool Replaces(Mode mode) {
  return mode == Mode::kReplace || mode == Mode::kInstead;
}

struct SnapshotRef {
  int64_t version = 0;
  Instant at;

  bool operator==(const SnapshotRef&) const = default;
};

struct PlannedPartition {
  PartitionKey key;
  Health health = Health::kMissing;
  Disposition disposition = Disposition::kLeave;
  std::string reason;
  // The event that took the rows, where one is known.
  std::optional<int64_t> event;
  std::string event_operation;
  std::string event_who;
  std::optional<Instant> event_at;
  std::optional<Instant> deadline;
  Tally now;  // in the table when the plan was made
  // Where all rows were replaced by others: what a person chooses from, or did. See
  // PartitionRecord.
  std::vector<PastContent> contents;
  int64_t older_contents = 0;
  // The rest is set for `restore` only.
  Mode mode = Mode::kAdd;
  SnapshotRef snapshot;
  Tally restore;        // what comes back (for kInvert: of the files taken back)
  std::string content;  // the engine's digest of exactly the content that comes back
  std::string present;  // the engine's digest of what the partition holds now
  // kInstead: how many of today's rows are in the old content too, as a multiset; the others go.
  int64_t common = 0;
};

// What must not have moved between plan and apply, beside the planned partitions' own `present`.
struct TableState {
  int64_t version = 0;      // for people; a plan never goes stale by the version alone
  std::string schema;       // digests of today's schema,
  std::string layout;       // partition columns,
  std::string constraints;  // constraints, invariants and generated columns,
  std::string protocol;     // and protocol, as the engine reckons them

  bool operator==(const TableState&) const = default;
};

// What an engine that is asked over a network must find the same when the plan is carried out, and
// what a person chose for it. All empty for a table on this machine, and then no part of the bytes.
struct Pins {
  std::string job_project;           // where jobs run, and in which their ids are taken
  std::string location;              // of the data and of every job
  std::string endpoint;              // the service that was asked
  std::string definition;            // of a deleted table: what it takes to make it again, as JSON
  bool by_name = false;              // rows go back (a deleted table's: may) by a query that costs
  bool allow_unchecked_iam = false;  // readers of staging that cannot be listed are accepted

  bool operator==(const Pins&) const = default;
};

struct Plan {
  TableIdentity table;
  TableState state;
  std::vector<PartitionColumn> columns;
  std::vector<PlannedPartition> partitions;  // every one that is not intact, in key order
  int64_t intact = 0;
  std::string staging_root;  // the copy lies in root/<plan's digest>
  std::vector<std::string> warnings;
  ReviewPolicy review;
  // Who made it, where somebody must approve it; else the journal says so.
  std::optional<Identity> author;
  Pins pins;
};

// The partitions with disposition restore, in order.
std::vector<const PlannedPartition*> ToRestore(const Plan& plan);
// Whether something of today's is to make room for it (kInstead).
bool TakesRowsOut(const Plan& plan);
// How many of today's rows leave the table and are in nothing that comes back. Files of which
// nobody counted the rows are not among them.
int64_t RowsTakenOut(const PlannedPartition& partition);
int64_t RowsTakenOut(const Plan& plan);

std::string_view DispositionName(Disposition disposition);
std::string_view ModeName(Mode mode);

// The canonical bytes. The same plan always gives the same bytes.
std::string FormatPlan(const Plan& plan);
// kCorrupt for anything that FormatPlan would not have written, byte for byte; kUnsupported for a
// newer format.
Result<Plan> ParsePlan(std::string_view bytes);

// The identity of the bytes, and the operation key of one step on them: the engine is made to
// refuse a second write with the same key.
std::string PlanDigest(std::string_view bytes);
std::string OperationKey(std::string_view plan_digest, std::string_view step);

}  // namespace salvor::model
