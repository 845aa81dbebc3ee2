#include "bigquery/recovery/undo.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/text.h"
#include "bigquery/recovery/applied.h"
#include "bigquery/recovery/concurrent_rows.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/refuse_buffered.h"
#include "bigquery/recovery/undone.h"

namespace salvor::bigquery {

using warehouse::RestoreOutcome;

namespace {

// A deleted table that was made again and dropped again.
Status CheckStillThere(const Connection& connection) {
  SALVOR_TRY(const auto table, connection.api.GetTable(connection.table));
  if (table) return Done{};
  return Fail(Code::kStale, "the table that apply made again was deleted since",
              UriOf(connection.table), "There is nothing to undo");
}

// Rows that came while the transaction ran were neither seen nor removed by it. In words; "" if
// there are none.
Result<std::string> WhoElseCame(const OpenedPlan& opened, const std::vector<size_t>& which) {
  std::map<size_t, int64_t> left;
  for (const size_t index : which) {
    const model::PlannedPartition& one = *opened.planned.partitions[index];
    left[index] = one.mode == model::Mode::kAdd ? 0 : one.now.rows;
  }
  return FindConcurrentRows(opened, left);
}

Result<std::vector<Copy>> CopiesToCompareWith(const OpenedPlan& opened) {
  SALVOR_TRY(auto copies, FindCopies(opened));
  if (copies) return *std::move(copies);
  return Fail(
      Code::kRefused,
      "the private copy is gone, and undo takes nothing back without comparing with it",
      opened.plan.staging_root,
      "Take the rows back by hand, where nobody else wrote to their partitions: DELETE, one "
      "partition at a time");
}

// The partitions in `which`, as one transaction, for which the copies are found. kStale if they
// hold other rows than apply left.
Result<Change> TakeOut(OpenedPlan& opened, const std::vector<size_t>& which, int attempt) {
  SALVOR_OK(CheckFitsInQuery(which.size(), opened.plan.table.uri, kTakeBackByHand));
  SALVOR_TRY(opened.copies, CopiesToCompareWith(opened));
  SALVOR_OK(RefuseBuffered(opened, which,
                           "then look whose rows came: undo takes back only partitions that hold "
                           "exactly what apply put there. Nothing was taken back"));
  SALVOR_TRY(Change change, UndoRows(opened, which, attempt));
  if (change.moved.empty()) return change;
  return Fail(
      Code::kStale,
      "the restored partitions no longer hold exactly what apply put there: " + change.moved,
      opened.plan.table.uri, "Take the rows back by hand, or leave them");
}

// Another machine's undo may have had the job id, with fewer partitions in its text.
Status CheckAllTakenBack(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(const Undone undone, FindUndone(opened));
  const std::vector<size_t> left = NotTaken(which, undone.taken);
  if (left.empty()) return Done{};
  return Fail(Code::kConflict,
              fmt::format("another run of undo was faster, and did not know of {}",
                          Plural(static_cast<int64_t>(left.size()), "partition")),
              opened.plan.table.uri, "Run undo again when no apply of this plan runs any more");
}

}  // namespace

Result<RestoreOutcome> BigQueryUndoer::TakeBack(const model::Plan& plan,
                                                const std::string& plan_digest) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kTable));
  const bool was_gone = opened.planned.table_is_gone;
  if (was_gone) SALVOR_OK(CheckStillThere(connection_));
  RestoreOutcome outcome;
  SALVOR_TRY(const Written written, FindWritten(opened));
  if (written.undone && written.left.empty()) {
    outcome.kind = RestoreOutcome::Kind::kAlready;
    outcome.version = MillisOf(written.undone->ended.value_or(written.undone->created));
    return outcome;
  }
  if (written.done.empty()) {
    return Fail(Code::kRefused, "nothing of this plan is in the table", plan.table.uri,
                "There is nothing to undo");
  }
  SALVOR_TRY(const Change change, TakeOut(opened, written.left, written.next_undo));
  SALVOR_OK(CheckAllTakenBack(opened, written.left));
  outcome.kind = RestoreOutcome::Kind::kDone;
  outcome.version = MillisOf(change.at);
  outcome.files = static_cast<int64_t>(written.left.size());
  SALVOR_TRY(const std::string others, WhoElseCame(opened, written.left));
  if (!others.empty()) {
    outcome.by_hand.push_back(others +
                              "; those rows are not salvor's, and were left: look whose "
                              "they are with salvor history");
  }
  if (was_gone) {
    // Nothing but the name can be asserted while a table is dropped: rows that come in the last
    // moment would go with it.
    outcome.by_hand.push_back(
        fmt::format("the table itself is left, empty; if it must go: bq rm -t {}:{}.{}",
                    connection_.table.project, connection_.table.dataset, connection_.table.table));
  }
  return outcome;
}

}  // namespace salvor::bigquery
