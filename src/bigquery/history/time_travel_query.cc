#include "bigquery/history/time_travel_query.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "bigquery/jobs/query_budget.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/sql/partition_filter.h"
#include "bigquery/sql/quoting.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/row_counts.h"
#include "model/partition.h"

namespace salvor::bigquery {

Result<std::string> CountsAtStatement(const Table& table, Instant at) {
  SALVOR_TRY(const PartitionFilter filter, PartitionFilter::Make(table.partitioning, table.fields));
  const std::string column = table.partitioning.ByIngestionTime()
                                 ? "t._PARTITIONTIME"
                                 : "t." + QuoteName(table.partitioning.field);
  // True for every row, and names the partition column, where the table asks for that.
  const std::string where = table.require_partition_filter
                                ? fmt::format("WHERE ({0} IS NOT NULL OR {0} IS NULL)\n", column)
                                : "";
  return fmt::format(
      "SELECT {} AS partition_id, COUNT(*) AS row_count\n"
      "FROM {} AS t FOR SYSTEM_TIME AS OF {}\n"
      "{}GROUP BY partition_id",
      filter.IdExpression({std::string(kNullId), std::string(model::kUnpartitioned)}),
      QuoteTable(table.name), InstantLiteral(at), where);
}

Result<QueryPast::Counts> QueryPast::Count(int64_t at) {
  SALVOR_TRY(const std::string sql, CountsAtStatement(table_, InstantOfMillis(at)));
  SALVOR_TRY(const QueryAnswer answer, RunWithin(connection_, sql, table_.location,
                                                 nlohmann::json::array(), /*estimate=*/true));
  Counts counts;
  int64_t total = 0;
  for (const auto& row : answer.rows.rows) {
    int64_t rows = -1;
    if (row.size() == 2 && row[0] && row[1]) {
      std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), rows);
    }
    if (rows < 0) return Fail(Code::kCorrupt, "a count that is no count", UriOf(table_.name));
    counts[*row[0]] = TallyOf(rows, 0);
    total += rows;
  }
  counts[""] = TallyOf(total, 0);
  return counts;
}

Result<model::Tally> QueryPast::At(const std::string& id, int64_t at) {
  const std::lock_guard lock(mutex_);
  auto found = known_.find(at);
  if (found == known_.end()) {
    SALVOR_TRY(Counts counts, Count(at));
    found = known_.emplace(at, std::move(counts)).first;
  }
  const auto tally = found->second.find(id);
  return tally == found->second.end() ? model::Tally{} : tally->second;
}

std::vector<std::string> QueryPast::IdsAt(int64_t at) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  const auto found = known_.find(at);
  if (found == known_.end()) return ids;
  for (const auto& [id, tally] : found->second) {
    if (!id.empty()) ids.push_back(id);
  }
  return ids;
}

int64_t QueryPast::Asked() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(known_.size());
}

}  // namespace salvor::bigquery
