// BigQueryWriter and BigQueryUndoer: what will be taken and paid, told before it begins.
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "bigquery/access/permissions.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/recovery/applied.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/copy_jobs.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/restore.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/recovery/transaction_cost.h"
#include "bigquery/recovery/undo.h"

namespace salvor::bigquery {
namespace {

using Lines = std::vector<std::string>;

std::string ByQuery(const std::string& what, int64_t bytes) {
  return fmt::format("{} by one query: about {} billed", what, FormatBytes(bytes));
}

// True if an earlier run's query job did it. Who may not see that job is told what it would cost.
Result<bool> WasDone(const Connection& connection, const model::Plan& plan, const Planned& planned,
                     const char* step, const char* part) {
  auto last = LastAttempt(connection, plan, planned.digest, step, part);
  if (!last && last.error().code == Code::kPermission) return false;
  if (!last) return Fail(std::move(last).error());
  return last->Succeeded();
}

Result<Lines> OfDeleted(const Connection& connection, const model::Plan& plan,
                        const Planned& planned, const Table& today) {
  Lines lines{"the deleted table is made again as the plan defines it"};
  SALVOR_TRY(const auto copies, FindCopies(connection, plan, planned, today));
  if (!copies) return lines;
  const Table& copy = copies->front().table;
  SALVOR_TRY(const Table to_make, TableToMake(plan, connection.table, copy));
  SALVOR_TRY(const bool by_query, FillsByQuery(planned, to_make, copy));
  const std::string rows = Plural(copy.rows, "row");
  if (!by_query) {
    lines.push_back(rows + " by a copy job: no bytes billed");
    if (planned.by_name) {
      lines.push_back(ByQuery("should the service refuse that copy,", BytesToFill(copy.bytes)));
    }
    return lines;
  }
  SALVOR_TRY(const bool done, WasDone(connection, plan, planned, "apply", kWholePart));
  if (done) return lines;
  SALVOR_TRY(const int64_t bytes, CostOfApply(connection, plan, planned, to_make, *copies, {0}));
  SALVOR_OK(CheckAllowed(connection, bytes));
  lines.push_back(ByQuery(rows, bytes));
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
  const http::Pace pace(kUpdatesInWindow, kWindow, connection.clock);
  return Lines{fmt::format(
      "{} by copy jobs: no bytes billed, {} of the {} copy jobs that the project may run in a day, "
      "started within about {}",
      Plural(copies, "partition"), FormatCount(copies), FormatCount(kCopyJobsInDay),
      FormatSpan(pace.TimeToStart(copies)))};
}

// Before persist there is nothing to reckon with; apply says so itself.
Result<Lines> OfQuery(const Connection& connection, const model::Plan& plan, const Planned& planned,
                      const Table& today, const std::vector<size_t>& which) {
  if (which.empty()) return Lines();
  SALVOR_TRY(const bool done, WasDone(connection, plan, planned, "apply", kRowsPart));
  if (done) return Lines();
  SALVOR_TRY(const auto copies, FindCopies(connection, plan, planned, today));
  if (!copies) return Lines();
  SALVOR_TRY(const int64_t bytes, CostOfApply(connection, plan, planned, today, *copies, which));
  SALVOR_TRY(const int64_t comparing,
             CostOfComparing(connection, plan, planned, today, *copies, which));
  SALVOR_OK(CheckAllowed(connection, bytes));
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
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const Table today, TableToday(connection_, plan));
  SALVOR_TRY(const Planned planned, ReadPlan(connection_, plan, plan_digest, today));
  if (planned.table_is_gone) return OfDeleted(connection_, plan, planned, today);
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
  SALVOR_TRY(const Lines more, OfQuery(connection_, plan, planned, today, by_query));
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
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const Table today, TableToday(connection_, plan));
  SALVOR_TRY(const Planned planned, ReadPlan(connection_, plan, plan_digest, today));
  SALVOR_TRY(const Written written, FindWritten(connection_, plan, planned, today));
  if (written.left.empty()) return Lines();
  SALVOR_OK(CheckFitsInQuery(written.left.size(), plan.table.uri, kTakeBackByHand));
  SALVOR_TRY(const auto copies, FindCopies(connection_, plan, planned, today));
  if (!copies) return Lines();
  SALVOR_TRY(const int64_t bytes,
             CostOfUndo(connection_, plan, planned, today, *copies, written.left));
  SALVOR_OK(CheckAllowed(connection_, bytes));
  return Lines{ByQuery(Plural(static_cast<int64_t>(written.left.size()), "partition"), bytes)};
}

}  // namespace salvor::bigquery
