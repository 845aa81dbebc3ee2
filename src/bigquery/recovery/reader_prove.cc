#include "bigquery/recovery/reader_prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/later_deletions.h"
#include "bigquery/recovery/applied.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/recovery/proof.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/recovery/undone.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/table/row_counts.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

using model::Mode;
using model::PartitionProof;
using warehouse::AppliedState;
using warehouse::Relation;

std::string NameOf(const model::Plan& plan, const Planned& planned, size_t index) {
  return model::FormatKey(plan.columns, planned.partitions[index]->key);
}

// How many rows a partition has after apply; nothing where nobody counted them and the private copy
// is gone.
Result<std::optional<int64_t>> RowsAfter(const Connection& connection, const Planned& planned,
                                         size_t index) {
  const model::PlannedPartition& one = *planned.partitions[index];
  SALVOR_TRY(auto rows, RowsToComeBack(connection, planned, index));
  if (rows && one.mode == Mode::kBeside) *rows += one.now.rows;
  return rows;
}

// A line for each written partition that has fewer rows than apply left there, by metadata.
Result<std::vector<std::string>> Lost(const OpenedPlan& opened, const Written& written) {
  std::mutex mutex;
  std::map<size_t, std::string> lines;
  SALVOR_OK(ForEach(written.done.size(), kRequestsInFlight, [&](size_t i) -> Status {
    const size_t index = written.done[i];
    SALVOR_TRY(const int64_t rows,
               CountRows(opened.connection, opened.connection.table, opened.planned.ids[index]));
    SALVOR_TRY(const auto left, RowsAfter(opened.connection, opened.planned, index));
    if (rows >= left.value_or(rows > 0 ? 0 : 1)) return Done{};
    const std::lock_guard lock(mutex);
    lines[index] = fmt::format("partition {} has {} now, and apply left {} there",
                               NameOf(opened.plan, opened.planned, index), Plural(rows, "row"),
                               left ? FormatCount(*left) : "more");
    return Done{};
  }));
  std::vector<std::string> list;
  list.reserve(lines.size());
  for (auto& [index, line] : lines) list.push_back(std::move(line));
  return list;
}

Result<std::optional<AppliedState>> UndoState(const OpenedPlan& opened) {
  SALVOR_TRY(const Undone undo, FindUndone(opened));
  if (!undo.job) return std::optional<AppliedState>();
  AppliedState state;
  state.applied.at = undo.job->ended.value_or(undo.job->created);
  state.applied.version = MillisOf(state.applied.at);
  state.live = true;
  return std::optional(std::move(state));
}

// Jobs of others that may not be read do not tell when they ended: then it is when their work was
// seen to be done.
warehouse::Applied AppliedBy(const Connection& connection, const Written& written) {
  const Instant at = written.last.value_or(connection.api.Now());
  return {MillisOf(at), at};
}

}  // namespace

Result<std::vector<Relation>> Relate(const Connection& connection, const model::Plan& plan,
                                     const std::string& plan_digest,
                                     const std::vector<size_t>& which) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kTable));
  SALVOR_TRY(const auto rows, CompareRows(opened, which));
  std::vector<Relation> relations;
  relations.reserve(which.size());
  for (size_t i = 0; i < which.size(); ++i) {
    relations.push_back({opened.planned.partitions[which[i]]->key, rows[i].staged, rows[i].present,
                         rows[i].common});
  }
  return relations;
}

Result<std::optional<AppliedState>> FindOperation(const Connection& connection,
                                                  const model::Plan& plan,
                                                  const std::string& plan_digest,
                                                  const std::string& step) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kTable));
  if (step == "undo") return UndoState(opened);
  SALVOR_TRY(Written written, FindWritten(opened));
  if (written.done.empty()) return std::optional<AppliedState>();
  AppliedState state;
  state.applied = AppliedBy(connection, written);
  state.complete = written.done.size() == opened.planned.ids.size();
  if (written.undone) {
    state.lost_since.push_back("undone by job " + written.undone->ref.id);
  } else {
    SALVOR_TRY(state.lost_since, Lost(opened, written));
  }
  state.live = state.lost_since.empty();
  state.files = static_cast<int64_t>(written.done.size());
  state.done = std::move(written.done);
  return std::optional(std::move(state));
}

Result<std::optional<warehouse::Applied>> FindApplied(const Connection& connection,
                                                      const model::Plan& plan,
                                                      const std::string& plan_digest) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kTable));
  SALVOR_TRY(const Written written, FindWritten(opened));
  if (written.done.empty()) return std::optional<warehouse::Applied>();
  return std::optional(AppliedBy(connection, written));
}

Result<std::vector<PartitionProof>> Prove(const Connection& connection, const model::Plan& plan,
                                          const std::string& plan_digest) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kTable));
  SALVOR_TRY(const Written written, FindWritten(opened));
  SALVOR_TRY(opened.copies, NeedCopies(opened));
  return Prover(opened, written).Run();
}

Result<std::vector<std::string>> ChangesSince(const Connection& connection, const model::Plan& plan,
                                              int64_t version) {
  const std::string digest = model::PlanDigest(model::FormatPlan(plan));
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection, plan, digest, Need::kTable));
  connection.progress.Note(
      fmt::format("who wrote since is read from INFORMATION_SCHEMA.JOBS: about {} billed",
                  FormatBytes(CostOfJobs(connection))));
  // What was deleted between plan and apply nobody saw yet; the same query tells.
  const Instant planned_at = InstantOfMillis(std::min(plan.state.version, version));
  SALVOR_TRY(const TableJobs jobs, JobsOf(connection, plan.pins.location, planned_at));
  std::vector<std::string> lines = DeletionsToRepeat(
      jobs.jobs, planned_at, InstantOfMillis(version), "between plan and apply", "run it again");
  for (const TableJob& job : jobs.jobs) {
    if (job.BySalvor() || MillisOf(job.ended) <= version) continue;
    const auto& ids = opened.planned.ids;
    const bool touches =
        job.partition.empty() || std::find(ids.begin(), ids.end(), job.partition) != ids.end();
    if (!touches || !job.MayRemoveRows()) continue;
    lines.push_back(
        fmt::format("{} by {} at {}", job.operation, job.user, FormatInstant(job.ended)));
  }
  // Not every change is a job, and not every job can be seen.
  std::mutex mutex;
  std::map<size_t, std::string> found;
  SALVOR_OK(ForEach(opened.planned.ids.size(), kRequestsInFlight, [&](size_t index) -> Status {
    SALVOR_TRY(const int64_t rows,
               CountRows(connection, connection.table, opened.planned.ids[index]));
    SALVOR_TRY(const auto left, RowsAfter(connection, opened.planned, index));
    if (!left || rows == *left) return Done{};
    const std::lock_guard lock(mutex);
    found[index] =
        fmt::format("partition {} has {} now, and {} when apply had ended",
                    NameOf(plan, opened.planned, index), Plural(rows, "row"), FormatCount(*left));
    return Done{};
  }));
  for (auto& [index, line] : found) lines.push_back(std::move(line));
  return lines;
}

}  // namespace salvor::bigquery
