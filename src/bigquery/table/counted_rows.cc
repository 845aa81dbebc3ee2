#include "bigquery/table/counted_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/partition_filter.h"
#include "bigquery/sql/select_statements.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

constexpr size_t kQueriesAtOnce = 4;

Result<Counts> CountsOf(const Rows& rows, const TableName& table) {
  Counts counts;
  for (const auto& row : rows.rows) {
    int64_t number = -1;
    if (row.size() == 2 && row[0] && row[1]) {
      std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), number);
    }
    if (number < 0) {
      return Fail(Code::kCorrupt, "a query that counts rows answered with something else",
                  UriOf(table));
    }
    if (number > 0) counts[*row[0]] = number;
  }
  return counts;
}

bool IsKnown(const Connection& connection, const CountRequest& request) {
  return request.at && connection.known->Find(*request.at, request.ids);
}

}  // namespace

Result<std::string> QueryCounter::StatementOf(const CountRequest& request) const {
  SALVOR_TRY(const PartitionFilter filter,
             PartitionFilter::Make(table_.partitioning, table_.fields));
  const auto at = request.at ? std::optional(InstantOfMillis(*request.at)) : std::nullopt;
  // Rows without a time of ingestion cannot be named by a filter.
  const bool all =
      table_.partitioning.ByIngestionTime() &&
      std::find(request.ids.begin(), request.ids.end(), model::kUnpartitioned) != request.ids.end();
  return CountStatement(table_.name, filter, all ? std::vector<std::string>() : request.ids, at);
}

Result<int64_t> QueryCounter::Estimate(const CountRequest& request) {
  if (IsKnown(connection_, request)) return 0;
  SALVOR_TRY(const std::string sql, StatementOf(request));
  SALVOR_TRY(const int64_t bytes, EstimateOf(connection_, sql, table_.location));
  return MostBilled(bytes, 1);
}

Result<Counted> QueryCounter::Count(const CountRequest& request, int64_t most) {
  if (request.at) {
    if (auto known = connection_.known->Find(*request.at, request.ids)) {
      return Counted{*std::move(known), InstantOfMillis(*request.at)};
    }
  }
  SALVOR_TRY(const std::string sql, StatementOf(request));
  SALVOR_TRY(const QueryAnswer answer, RunCapped(connection_, sql, table_.location, most));
  SALVOR_TRY(Counts counts, CountsOf(answer.rows, table_.name));
  if (!request.at) return Counted{std::move(counts), answer.job.created};
  connection_.known->Keep(*request.at, request.ids, counts);
  return Counted{std::move(counts), InstantOfMillis(*request.at)};
}

Error QueryCounter::TooDear(int64_t bytes) const {
  const Spending& spending = *connection_.spending;
  return {Code::kRefused,
          fmt::format("the table was not compared with its past: counting its rows may be billed "
                      "{}, and --max-bytes-billed leaves {} for this command ({} were billed "
                      "before)",
                      FormatBytes(bytes), FormatBytes(std::max<int64_t>(spending.Left(), 0)),
                      FormatBytes(spending.Spent())),
          UriOf(connection_.table),
          fmt::format("Nothing was charged for it, and nothing is said about the table. Allow at "
                      "least --max-bytes-billed {}",
                      spending.Spent() + bytes)};
}

Result<std::vector<Counted>> CountAll(RowCounter& counter, const std::vector<CountRequest>& needed,
                                      const std::vector<CountRequest>& helpful) {
  std::vector<CountRequest> requests = needed;
  requests.insert(requests.end(), helpful.begin(), helpful.end());
  std::vector<int64_t> bills(requests.size());
  SALVOR_OK(ForEach(requests.size(), kRequestsInFlight, [&](size_t i) -> Status {
    SALVOR_TRY(bills[i], counter.Estimate(requests[i]));
    return Done{};
  }));
  size_t count = needed.size();
  int64_t bill =
      std::accumulate(bills.begin(), bills.begin() + static_cast<int64_t>(count), int64_t{0});
  if (bill > counter.Left()) return Fail(counter.TooDear(bill));
  for (; count < requests.size() && bill + bills[count] <= counter.Left(); ++count) {
    bill += bills[count];
  }
  if (bill > 0) {
    counter.Say(fmt::format("counting the table's rows, {}: at most {} billed",
                            count == 1 ? "once" : fmt::format("at {} instants", count),
                            FormatBytes(bill)));
  }
  std::vector<Counted> counted(count);
  SALVOR_OK(ForEach(count, kQueriesAtOnce, [&](size_t i) -> Status {
    SALVOR_TRY(counted[i], counter.Count(requests[i], bills[i]));
    return Done{};
  }));
  return counted;
}

}  // namespace salvor::bigquery
