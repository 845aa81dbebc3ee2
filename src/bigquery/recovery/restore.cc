#include "bigquery/recovery/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/concurrent_rows.h"
#include "bigquery/recovery/copy_jobs.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/refuse_buffered.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/recovery/undone.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using warehouse::RestoreOutcome;
using warehouse::RestoreStep;

struct Split {
  std::vector<size_t> by_query;
  std::vector<size_t> by_copy;
};

Split SplitSteps(const Planned& planned, const std::vector<RestoreStep>& steps) {
  Split split;
  for (const RestoreStep& step : steps) {
    (planned.ByQuery(step.index) ? split.by_query : split.by_copy).push_back(step.index);
  }
  return split;
}

std::vector<size_t> IndicesOf(const std::vector<RestoreStep>& steps) {
  std::vector<size_t> indices;
  indices.reserve(steps.size());
  for (const RestoreStep& step : steps) indices.push_back(step.index);
  return indices;
}

std::vector<std::string> ByHandAfter(const model::Plan& plan, const TableName& name) {
  const auto defined = TableOfDefinition(name, plan.pins.definition);
  return defined ? ToSetAgain(*defined) : std::vector<std::string>();
}

// Two plans may both have found a partition empty.
Status CheckNobodyElseFilled(const OpenedPlan& opened, const std::vector<size_t>& which) {
  std::map<size_t, int64_t> left;
  for (const size_t index : which) {
    const model::PlannedPartition& one = *opened.planned.partitions[index];
    SALVOR_TRY(const auto coming, RowsToComeBack(opened.connection, opened.planned, index));
    left[index] = coming.value_or(0) + (one.mode == model::Mode::kBeside ? one.now.rows : 0);
  }
  SALVOR_TRY(const std::string others, FindConcurrentRows(opened, left));
  if (others.empty()) return Done{};
  return Fail(Code::kConflict, "the rows are back, but " + others, opened.plan.table.uri,
              "Look who it was with salvor history. Another plan put the same rows back: take one "
              "set out by hand; new rows of a normal writer may stay");
}

// The rows that go by query: all of them or none.
Status RestoreByQuery(const OpenedPlan& opened, const std::vector<size_t>& which,
                      RestoreOutcome& outcome) {
  if (which.empty()) return Done{};
  SALVOR_TRY(const Change change, ApplyRows(opened, which));
  if (!change.moved.empty()) {
    outcome.kind = RestoreOutcome::Kind::kMoved;
    outcome.moved.push_back(change.moved);
    return Done{};
  }
  outcome.kind = change.already ? RestoreOutcome::Kind::kAlready : RestoreOutcome::Kind::kDone;
  outcome.version = MillisOf(change.at);
  outcome.copied = static_cast<int64_t>(which.size());
  return change.already ? Status() : CheckNobodyElseFilled(opened, which);
}

Status RestoreByCopy(const OpenedPlan& opened, const std::vector<size_t>& which,
                     RestoreOutcome& outcome) {
  if (which.empty()) return Done{};
  CopyJobs jobs(opened);
  const Status copied = jobs.Run(which);
  if (!copied) {
    Error error = copied.error();
    error.what += fmt::format(" ({} of {} are back)", FormatCount(jobs.Copied()),
                              Plural(static_cast<int64_t>(which.size()), "partition"));
    if (error.next.empty()) error.next = "Run apply again: it goes on where it stopped";
    return Fail(std::move(error));
  }
  if (jobs.New() > 0) outcome.kind = RestoreOutcome::Kind::kDone;
  outcome.linked = jobs.Copied();
  outcome.version = std::max(outcome.version, MillisOf(jobs.Last()));
  outcome.moved = jobs.Moved();
  if (!outcome.moved.empty()) outcome.kind = RestoreOutcome::Kind::kMoved;
  return Done{};
}

// Somebody may run undo elsewhere while this runs: it knows only of what was written until then.
Status CheckNotUndone(const OpenedPlan& opened) {
  SALVOR_TRY(const Undone undone, FindUndone(opened));
  if (!undone.job) return Done{};
  return Fail(Code::kConflict,
              fmt::format("the plan was undone at {} while apply was running: {} taken back, and "
                          "others may have been written after that",
                          FormatInstant(undone.job->ended.value_or(undone.job->created)),
                          Plural(static_cast<int64_t>(undone.taken.size()), "partition was",
                                 "partitions were")),
              opened.plan.table.uri,
              "Run salvor undo again: it takes back what came after it. To restore, plan anew with "
              "another --case folder");
}

}  // namespace

Result<RestoreOutcome> BigQueryWriter::Restore(const model::Plan& plan,
                                               const std::string& plan_digest,
                                               const std::vector<RestoreStep>& steps) {
  RestoreOutcome outcome;
  outcome.kind = RestoreOutcome::Kind::kAlready;
  if (IsOfDeletedTable(plan)) outcome.by_hand = ByHandAfter(plan, connection_.table);
  if (steps.empty()) return outcome;  // the service keeps what it has written: nothing to mend
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kCopies));
  const Split split = SplitSteps(opened.planned, steps);
  SALVOR_OK(CheckFitsInQuery(split.by_query.size(), plan.table.uri, kInPortions));
  if (opened.planned.table_is_gone) {
    SALVOR_OK(OpenTableToMake(opened));
  } else {
    SALVOR_OK(RefuseBuffered(opened, IndicesOf(steps),
                             "then run apply again. Nothing of them was written"));
  }
  SALVOR_OK(PlaceMarker(opened));
  // First, because it either does all of its part or nothing.
  SALVOR_OK(RestoreByQuery(opened, split.by_query, outcome));
  if (outcome.kind == RestoreOutcome::Kind::kMoved) return outcome;
  Status copied = RestoreByCopy(opened, split.by_copy, outcome);
  // What the service does not take, the caller did not ask for wrongly.
  if (!copied && copied.error().code == Code::kInvalidArgument) {
    copied.error().code = Code::kRefused;
  }
  if (!copied) return Fail(std::move(copied).error());
  SALVOR_OK(CheckNotUndone(opened));
  outcome.files = outcome.linked + outcome.copied;
  return outcome;
}

}  // namespace salvor::bigquery
