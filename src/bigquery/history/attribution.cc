#include "bigquery/history/attribution.h"

#include <algorithm>
#include <map>
#include <utility>

namespace salvor::bigquery {
namespace {

// A job takes effect at its end. How long after that the service says that it has ended is not
// documented: no longer than the first if it is to be named, and than the second if there is to be
// any doubt.
constexpr Millis kEndIsToldWithin{10'000};
constexpr Millis kEndIsToldAtLast{60'000};

bool MayHaveWritten(const TableJob& job, const Loss& loss) {
  return job.MayRemoveRows() &&
         (job.partition.empty() ||
          std::find(loss.ids.begin(), loss.ids.end(), job.partition) != loss.ids.end());
}

// Of fewer rows than went, it says itself that others took them.
bool CountsFewer(const TableJob& job, int64_t rows_removed) {
  if (!job.deleted_rows) return false;
  if (job.operation == "DELETE") return *job.deleted_rows < rows_removed;
  return job.MayMoveRows() && job.updated_rows &&
         *job.deleted_rows + *job.updated_rows < rows_removed;
}

// Its script may have committed at the loss. Where nobody tells when the script ended, that may
// have been hours after the statement, which is too long to name it.
bool CommittedSoon(const TableJob& job, const Loss& loss) {
  return job.commits_by && MillisOf(std::max(job.ended, *job.commits_by)) >= loss.begin &&
         MillisOf(job.ended) + kEndIsToldAtLast.count() >= loss.begin;
}

// What the statements of a script say that they did to the table, taken together.
struct ScriptSums {
  std::vector<const TableJob*> statements;  // that may have removed rows
  int64_t deleted = 0;
  int64_t inserted = 0;
  bool then = false;  // the script may have committed at the time of the loss
};

bool AddUp(const ScriptSums& sums, const Removed& removed) {
  if (!sums.then || sums.statements.empty() || sums.deleted < removed.rows) return false;
  return sums.deleted == removed.rows ||
         (removed.net && sums.deleted - sums.inserted == *removed.net);
}

}  // namespace

std::vector<Loss> LossesOf(const std::vector<Drop>& drops) {
  std::map<std::pair<int64_t, int64_t>, Loss> losses;
  for (const Drop& drop : drops) {
    Loss& loss = losses[{drop.end, drop.begin}];
    loss.begin = drop.begin;
    loss.end = drop.end;
    loss.ids.push_back(drop.id);
  }
  std::vector<Loss> list;
  list.reserve(losses.size());
  for (auto& [when, loss] : losses) list.push_back(std::move(loss));
  return list;
}

bool RanThen(const TableJob& job, const Loss& loss) {
  if (!MayHaveWritten(job, loss) || MillisOf(job.started) > loss.end) return false;
  const int64_t ended = MillisOf(job.ended);
  if (job.commits_by) return std::max(ended, MillisOf(*job.commits_by)) >= loss.begin;
  return ended >= loss.begin && ended - kEndIsToldAtLast.count() <= loss.end;
}

// A job takes effect at one instant: the last loss before its end.
bool Blame::TookLaterOnes(const TableJob& job, const Loss& loss) const {
  return std::any_of(losses_.begin(), losses_.end(), [&](const Loss& other) {
    return other.begin >= loss.end && other.begin <= MillisOf(job.ended) &&
           MayHaveWritten(job, other);
  });
}

bool Blame::Fits(const TableJob& job, const Loss& loss, int64_t rows_removed) const {
  if (!MayHaveWritten(job, loss) || CountsFewer(job, rows_removed)) return false;
  const int64_t ended = MillisOf(job.ended);
  const int64_t earliest = std::max(MillisOf(job.started), ended - kEndIsToldWithin.count());
  if (earliest <= loss.end && ended >= loss.begin) return !TookLaterOnes(job, loss);
  // A script's own end proves less than that of a job.
  return CommittedSoon(job, loss) && ended < loss.begin && job.deleted_rows == rows_removed;
}

std::vector<const TableJob*> Blame::WhoTook(const Loss& loss, const Removed& removed) const {
  std::vector<const TableJob*> fitting;
  for (const TableJob& job : jobs_) {
    if (Fits(job, loss, removed.rows)) fitting.push_back(&job);
  }
  if (fitting.size() > 1) {
    std::vector<const TableJob*> exact;
    for (const TableJob* job : fitting) {
      if (job->deleted_rows == removed.rows) exact.push_back(job);
    }
    if (!exact.empty()) fitting = std::move(exact);
  }
  if (fitting.empty()) return ScriptThatTook(loss, removed);
  if (fitting.size() > 1 || fitting.front()->writes == Writes::kUntold) return {};
  return fitting;
}

std::vector<const TableJob*> Blame::ScriptThatTook(const Loss& loss, const Removed& removed) const {
  std::map<std::string, ScriptSums> scripts;
  for (const TableJob& job : jobs_) {
    if (!job.commits_by) continue;
    ScriptSums& sums = scripts[job.script];
    sums.inserted += job.inserted_rows.value_or(0);
    sums.deleted += job.deleted_rows.value_or(0);
    if (!job.MayRemoveRows()) continue;
    sums.statements.push_back(&job);
    sums.then = sums.then || (MillisOf(job.started) <= loss.end && CommittedSoon(job, loss));
  }
  std::vector<const TableJob*> took;
  for (auto& [script, sums] : scripts) {
    if (!AddUp(sums, removed)) continue;
    if (!took.empty()) return {};
    took = std::move(sums.statements);
  }
  return took;
}

bool Blame::SomebodyMayHave(const Loss& loss) const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const TableJob& job) { return RanThen(job, loss); });
}

}  // namespace salvor::bigquery
