// The seam's writing half. A writer can only add what a plan proved, never drop.
//
// Every write carries an operation key (model::OperationKey), and the engine refuses a second write
// with it: so each method may be called again after a crash or a lost reply.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace salvor::warehouse {

// One of ToRestore(plan), to be written if the partition still is as it was seen.
struct RestoreStep {
  size_t index = 0;     // into ToRestore(plan)
  std::string present;  // the digest at the time of the decision
};

struct RestoreOutcome {
  enum class Kind {
    kDone,     // written, read back, durable
    kAlready,  // the table already remembers the key; absent pieces were mended from staging
    kMoved,  // a planned partition, or the state, changed meanwhile and was not written: look again
  };
  Kind kind = Kind::kDone;
  int64_t version = 0;
  int64_t files = 0;
  int64_t linked = 0;  // under a fresh name
  int64_t copied = 0;
  int64_t mended = 0;
  std::vector<std::string> moved;    // kMoved: what, for people
  std::vector<std::string> by_hand;  // what a person must do now, a line each
};

class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // What Restore would take and cost, a line each, for a person to read before it begins. Nothing
  // where that is not worth a word. kRefused if it is more than may be done at once.
  virtual Result<std::vector<std::string>> Forecast(const model::Plan& /*plan*/,
                                                    const std::string& /*plan_digest*/) {
    return std::vector<std::string>();
  }
  // Each partition of the steps whole or not at all; where the engine can, all of them in one
  // atomic change. An engine that cannot writes partition by partition, each of them guarded
  // against rows that came meanwhile, and remembers each by itself (AppliedState::done): stopped in
  // between, it goes on where it was. kMoved then names the partitions that were left alone, and
  // others may have been written. kStale if today's table may not take the content, kOutcomeUnknown
  // only if the engine cannot be asked whether it happened.
  virtual Result<RestoreOutcome> Restore(const model::Plan& plan, const std::string& plan_digest,
                                         const std::vector<RestoreStep>& steps) = 0;
};

// undo's own handle: takes back exactly what Restore of this plan added (and puts back what it
// replaced), only while nothing else has touched these partitions (else kStale, saying what did).
class TableUndoer {
 public:
  virtual ~TableUndoer() = default;
  // As TableWriter::Forecast.
  virtual Result<std::vector<std::string>> Forecast(const model::Plan& /*plan*/,
                                                    const std::string& /*plan_digest*/) {
    return std::vector<std::string>();
  }
  virtual Result<RestoreOutcome> TakeBack(const model::Plan& plan,
                                          const std::string& plan_digest) = 0;
};

}  // namespace salvor::warehouse
