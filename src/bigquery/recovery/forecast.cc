// BigQueryWriter and BigQueryUndoer: what will be taken and paid, told before it begins.
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "bigquery/access/permissions.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/recovery/applied.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/copy_jobs.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/restore.h"
#include "bigquery/recovery/undo.h"
#include "bigquery/table/transaction_cost.h"

namespace salvor::bigquery {
namespace {

using Lines = std::vector<std::string>;

std::string ByQuery(const std::string& what, int64_t bytes) {
  return fmt::format("{} by one query: about {} billed", what, FormatBytes(bytes));
}

// True if an earlier run's query job did it. Who may not see that job is told what it would cost.
Result<bool> WasDone(const OpenedPlan& opened, const char* step, const char* part) {
  auto last = LastAttempt(opened.connection, opened.plan, opened.digest, step, part);
  if (!last && last.error().code == Code::kPermission) return false;
  if (!last) return Fail(std::move(last).error());
  return last->Succeeded();
}

Result<int64_t> CostOfApply(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(const Transaction made, ApplyText(opened, which));
  return CostOf(opened.connection, opened.plan.pins.location, made.readings);
}

Result<Lines> OfDeleted(OpenedPlan& opened) {
  Lines lines{"the deleted table is made again as the plan defines it"};
  SALVOR_TRY(auto copies, FindCopies(opened));
  if (!copies) return lines;
  opened.copies = *std::move(copies);
  SALVOR_OK(OpenTableToMake(opened));
  SALVOR_TRY(const bool done, WasDone(opened, "apply", kRowsPart));
  if (done) return lines;
  SALVOR_TRY(const int64_t bytes, CostOfApply(opened, {0}));
  SALVOR_OK(CheckAllowed(opened.connection, bytes));
  lines.push_back(ByQuery(Plural(opened.copies.front().table.rows, "row"), bytes));
  return lines;
}

Result<Lines> OfCopies(const Connection& connection, const model::Plan& plan, int64_t copies) {
  if (copies == 0) return Lines();
  if (copies > kUpdatesInDay) {
    return Fail(Code::kRefused,
                fmt::format("{} are more than the {} modifications of partitions that a table may "
                            "have in a day",
                            Plural(copies, "partition"), FormatCount(kUpdatesInDay)),
                plan.table.uri, "Restore some of them first (--partitions)");
  }
  const http::RateLimiter pace(kUpdatesInWindow, kWindow, connection.clock);
  return Lines{fmt::format(
      "{} by copy jobs: no bytes billed, {} of the {} copy jobs that the project may run in a day, "
      "started within about {}",
      Plural(copies, "partition"), FormatCount(copies), FormatCount(kCopyJobsInDay),
      FormatSpan(pace.TimeToStart(copies)))};
}

// Before persist there is nothing to reckon with; apply says so itself.
Result<Lines> OfQuery(OpenedPlan& opened, const std::vector<size_t>& which) {
  if (which.empty()) return Lines();
  SALVOR_TRY(const bool done, WasDone(opened, "apply", kRowsPart));
  if (done) return Lines();
  SALVOR_TRY(auto copies, FindCopies(opened));
  if (!copies) return Lines();
  opened.copies = *std::move(copies);
  SALVOR_TRY(const int64_t bytes, CostOfApply(opened, which));
  SALVOR_TRY(const ApplyTransaction apply, TransactionOf(opened, which));
  SALVOR_TRY(const auto compared, ReadToCompare(apply));
  SALVOR_TRY(const int64_t comparing,
             CostOf(opened.connection, opened.plan.pins.location, compared));
  SALVOR_OK(CheckAllowed(opened.connection, bytes));
  Lines lines;
  if (comparing > 0) {
    lines.push_back(
        fmt::format("what partitions hold now is compared with the private copy first: about {} "
                    "billed",
                    FormatBytes(comparing)));
  }
  lines.push_back(ByQuery(Plural(static_cast<int64_t>(which.size()), "partition"), bytes));
  return lines;
}

}  // namespace

Result<Lines> BigQueryWriter::Forecast(const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kTable));
  const Planned& planned = opened.planned;
  const Table& today = opened.today;
  if (planned.table_is_gone) return OfDeleted(opened);
  SALVOR_OK(CheckMayWrite(connection_.api, connection_.table));
  std::vector<size_t> by_query;
  for (size_t i = 0; i < planned.ids.size(); ++i) {
    if (planned.ByQuery(i)) by_query.push_back(i);
  }
  const auto copies = static_cast<int64_t>(planned.ids.size() - by_query.size());
  SALVOR_OK(CheckFitsInQuery(by_query.size(), plan.table.uri, kInPortions));
  SALVOR_TRY(Lines lines, OfCopies(connection_, plan, copies));
  if (today.expires) {
    lines.push_back(fmt::format(
        "the table itself expires at {}, and what is put back with it: lift that, if it must stay",
        FormatInstant(*today.expires)));
  }
  SALVOR_TRY(const Lines more, OfQuery(opened, by_query));
  lines.insert(lines.end(), more.begin(), more.end());
  if (planned.ids.size() > kPartitionsInQuery) {
    lines.push_back(fmt::format(
        "undo will not be possible: it is one query, and a query changes at most {} partitions. "
        "Plan in portions (--partitions) if it must be",
        FormatCount(static_cast<int64_t>(kPartitionsInQuery))));
  }
  return lines;
}

Result<Lines> BigQueryUndoer::Forecast(const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kTable));
  SALVOR_TRY(const Written written, FindWritten(opened));
  if (written.left.empty()) return Lines();
  SALVOR_OK(CheckFitsInQuery(written.left.size(), plan.table.uri, kTakeBackByHand));
  SALVOR_TRY(auto copies, FindCopies(opened));
  if (!copies) return Lines();
  opened.copies = *std::move(copies);
  SALVOR_TRY(const Transaction made, UndoText(opened, written.left));
  SALVOR_TRY(const int64_t bytes, CostOf(connection_, plan.pins.location, made.readings));
  SALVOR_OK(CheckAllowed(connection_, bytes));
  return Lines{ByQuery(Plural(static_cast<int64_t>(written.left.size()), "partition"), bytes)};
}

}  // namespace salvor::bigquery
