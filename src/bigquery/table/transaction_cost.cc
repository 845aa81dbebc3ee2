#include "bigquery/table/transaction_cost.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"

namespace salvor::bigquery {

Result<int64_t> CostOf(const Connection& connection, const std::string& location,
                       const std::vector<Reading>& readings) {
  std::map<std::string, int64_t> known;
  int64_t cost = 0;
  for (const Reading& statement : readings) {
    for (const std::vector<std::string>& table : statement) {
      int64_t bytes = 0;
      for (const std::string& sql : table) {
        if (!known.contains(sql)) {
          SALVOR_TRY(known[sql], EstimateOf(connection, sql, location));
        }
        bytes += known[sql];
      }
      cost += MostBilled(bytes, 1);
    }
  }
  return cost;
}

Status CheckAllowed(const Connection& connection, int64_t bytes) {
  if (bytes <= connection.max_bytes_billed) return Done{};
  return Fail(
      Code::kRefused,
      fmt::format("the query that writes may be billed {}, and --max-bytes-billed allows {}",
                  FormatBytes(bytes), FormatBytes(connection.max_bytes_billed)),
      UriOf(connection.table),
      fmt::format("Nothing was written or charged. Allow at least --max-bytes-billed {}", bytes));
}

}  // namespace salvor::bigquery
