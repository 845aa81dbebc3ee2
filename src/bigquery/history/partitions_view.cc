#include "bigquery/history/partitions_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/sql/quoting.h"
#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {
namespace {

constexpr size_t kColumns = 4;

Result<int64_t> Number(const std::optional<std::string>& cell) {
  int64_t value = 0;
  if (!cell) return value;
  const char* end = cell->data() + cell->size();
  const auto [at, problem] = std::from_chars(cell->data(), end, value);
  if (problem != std::errc{} || at != end || value < 0) {
    return Fail(Code::kCorrupt, fmt::format("'{}' is no count", *cell),
                "INFORMATION_SCHEMA.PARTITIONS");
  }
  return value;
}

Status ReadRow(const std::vector<std::optional<std::string>>& row, Holdings& holdings) {
  if (!row[0]) return Done{};
  SALVOR_TRY(const int64_t rows, Number(row[1]));
  SALVOR_TRY(const int64_t bytes, Number(row[2]));
  SALVOR_TRY(const int64_t micros, Number(row[3]));
  // __UNPARTITIONED__ may be there twice.
  PresentPartition& partition = holdings.partitions[*row[0]];
  partition.tally = TallyOf(partition.tally.rows + rows, partition.tally.bytes + bytes);
  partition.modified = std::max(partition.modified, InstantOfMillis(micros / 1'000));
  return Done{};
}

}  // namespace

std::string PartitionsStatement(const DatasetName& dataset) {
  return fmt::format(
      "SELECT partition_id, total_rows, total_logical_bytes, last_modified_time FROM {} "
      "WHERE table_name = @table",
      QuoteView(dataset, "PARTITIONS"));
}

Result<Holdings> ReadHoldings(const Connection& connection, const Table& table) {
  Holdings holdings;
  // Not before what it shows: a loss would be sought, and its snapshot taken, before the last
  // write.
  holdings.at = std::max(connection.api.Now(), table.modified);
  if (!table.partitioning.IsPartitioned()) {
    holdings.partitions[""] = {TallyOf(table.rows, table.bytes), table.modified};
    return holdings;
  }
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(connection, PartitionsStatement(table.name.Dataset()), table.location,
                       nlohmann::json::array({TextParameter("table", table.name.table)}),
                       /*estimate=*/false));
  if (answer.job.ended) holdings.at = *answer.job.ended;
  for (const auto& row : answer.rows.rows) {
    if (row.size() != kColumns) {
      return Fail(Code::kCorrupt, "a row has other columns than were asked for",
                  "INFORMATION_SCHEMA.PARTITIONS");
    }
    SALVOR_OK(ReadRow(row, holdings));
  }
  return holdings;
}

}  // namespace salvor::bigquery
