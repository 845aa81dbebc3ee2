// The seam between decisions and engines, reading half. Nothing here can change a table, its
// staging or a file. Every method may be called again, and each call looks afresh.
//
// Errors: kNotFound (no such table or version), kUnsupported (a feature, named), kCorrupt (with
// file and line or version), kTooLate (the version can no longer be read), kPermission,
// kUnavailable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "model/engine_words.h"
#include "model/examination.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "model/proof.h"
#include "warehouse/progress.h"

namespace salvor::warehouse {

struct LookRequest {
  std::optional<Instant> since;  // start of the window; else the engine's own
  std::optional<int64_t>
      reach_version;           // the window must reach back to the state before this version
  bool event_changes = false;  // fill Event::changes
  int64_t changes_from = 0;    // but only of events from this version on
  bool pieces = true;          // look for every piece of the table where it should be
  // PartitionRecord::contents of partitions that have rows now, too: what these replaced.
  bool earlier_contents = false;
};

using model::Examination;
using model::Examined;
using model::Relation;
using model::Wanted;

// What the table holds now of the plan's partitions: the same digests as in the plan.
struct PresentPartition {
  std::string present;
  model::Tally now;
};
struct Present {
  model::TableIdentity table;
  model::TableState state;
  std::vector<PresentPartition> partitions;  // one for each of ToRestore(plan), in its order
  std::optional<Instant> at;  // when, by the engine's own clock, where that is another than ours
};

// An operation that the table itself remembers.
struct Applied {
  int64_t version = 0;
  Instant at;
};
// What became of it since.
struct AppliedState {
  Applied applied;
  // False where the engine writes partition by partition and was stopped in between: then `done`
  // has the indices into ToRestore(plan) that are written, and apply goes on with the others.
  bool complete = true;
  std::vector<size_t> done = {};
  bool live = false;                    // every restored piece is still part of the table
  std::vector<std::string> lost_since;  // events that took some of it away, for people
  int64_t files = 0;
  int64_t files_gone = 0;  // live in the table, absent from the disk: run apply again to mend
};

class TableReader {
 public:
  virtual ~TableReader() = default;
  // How this engine's things are called, for errors about them.
  [[nodiscard]] virtual const model::EngineWords& Words() const = 0;

  virtual Result<model::Inventory> Look(const LookRequest& request) = 0;
  // The latest version whose commit is not after the instant; kNotFound before the first one
  // readable.
  virtual Result<model::SnapshotRef> VersionAsOf(Instant instant) = 0;
  virtual Result<Examination> Examine(const std::vector<Wanted>& wanted) = 0;
  // Examined::refusal alone, in the order asked: an engine may answer without counting rows or
  // looking for files.
  virtual Result<std::vector<std::string>> Refusals(const std::vector<Wanted>& wanted) {
    SALVOR_TRY(const Examination examination, Examine(wanted));
    std::vector<std::string> refusals;
    refusals.reserve(examination.partitions.size());
    for (const Examined& one : examination.partitions) refusals.push_back(one.refusal);
    return refusals;
  }

  // How the rows of each content that is wanted relate to those that its partition has now, read
  // from the table itself, in the order asked. An engine that would be paid for it need not tell.
  virtual Result<std::vector<model::Compared>> Compare(const std::vector<Wanted>& wanted) {
    return std::vector<model::Compared>(wanted.size());
  }

  virtual Result<Present> LookAgain(const model::Plan& plan) = 0;
  // Needs staging (see StagingStore). One entry for each of `which`, indices into ToRestore(plan).
  virtual Result<std::vector<Relation>> Relate(const model::Plan& plan,
                                               const std::string& plan_digest,
                                               const std::vector<size_t>& which) = 0;

  // Nothing if the table does not remember the key.
  virtual Result<std::optional<AppliedState>> FindOperation(const model::Plan& plan,
                                                            const std::string& plan_digest,
                                                            const std::string& step) = 0;
  // When it was applied, as FindOperation says, without asking what became of it since.
  virtual Result<std::optional<Applied>> FindApplied(const model::Plan& plan,
                                                     const std::string& plan_digest) {
    SALVOR_TRY(const auto state, FindOperation(plan, plan_digest, "apply"));
    return state ? std::optional(state->applied) : std::nullopt;
  }
  // Reads both sides of every planned partition in one run: staging, and the content that `apply`
  // made live, as of the version that apply wrote.
  virtual Result<std::vector<model::PartitionProof>> Prove(const model::Plan& plan,
                                                           const std::string& plan_digest) = 0;
  // Events after `version` that touched the planned partitions, a line each, for people.
  virtual Result<std::vector<std::string>> ChangesSince(const model::Plan& plan,
                                                        int64_t version) = 0;
};

}  // namespace salvor::warehouse
