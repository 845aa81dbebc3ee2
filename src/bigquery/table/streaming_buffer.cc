#include "bigquery/table/streaming_buffer.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {
namespace {

using Counts = std::map<std::string, int64_t>;

Result<Counts> CountByQuery(const Connection& connection, const Table& today,
                            const PartitionFilter& filter, const std::vector<std::string>& ids) {
  SALVOR_TRY(const std::string sql, CountStatement(today.name, filter, ids));
  SALVOR_TRY(const int64_t bytes, EstimateOf(connection, sql, today.location));
  connection.progress.Note(
      fmt::format("the table has a streaming buffer, whose rows are counted by a query: about {} "
                  "billed",
                  FormatBytes(MostBilled(bytes, 1))));
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(connection, sql, today.location, nlohmann::json::array(),
                       /*estimate=*/true));
  Counts counts;
  for (const auto& row : answer.rows.rows) {
    int64_t rows = -1;
    if (row.size() == 2 && row[0] && row[1]) {
      std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), rows);
    }
    if (rows < 0) return Fail(Code::kCorrupt, "a count that is no count", UriOf(today.name));
    counts[*row[0]] = rows;
  }
  return counts;
}

Result<Counts> CountByMetadata(const Connection& connection, const Table& today,
                               const std::vector<std::string>& ids) {
  Counts counts;
  std::mutex mutex;
  SALVOR_OK(ForEach(ids.size(), kRequestsInFlight, [&](size_t i) -> Status {
    SALVOR_TRY(const int64_t rows, CountRows(connection, today.name, ids[i]));
    const std::lock_guard lock(mutex);
    counts[ids[i]] = rows;
    return Done{};
  }));
  return counts;
}

}  // namespace

Result<Counts> BufferedRows(const Connection& connection, const Table& today,
                            const PartitionFilter& filter, const std::vector<std::string>& ids) {
  if (!today.streaming || ids.empty()) return Counts();
  // Metadata first: rows that reach their partition in between are then still seen as too many.
  SALVOR_TRY(const Counts listed, CountByMetadata(connection, today, ids));
  auto counted = CountByQuery(connection, today, filter, ids);
  if (!counted) {
    Error error = std::move(counted).error();
    error.what = "the table has a streaming buffer, and its rows must be counted: " + error.what;
    return Fail(std::move(error));
  }
  Counts buffered;
  for (const auto& [id, rows] : listed) {
    const auto found = counted->find(id);
    const int64_t all = found == counted->end() ? 0 : found->second;
    if (all != rows) buffered[id] = all - rows;
  }
  return buffered;
}

}  // namespace salvor::bigquery
