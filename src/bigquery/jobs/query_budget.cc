#include "bigquery/jobs/query_budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/jobs/statement_cost.h"

namespace salvor::bigquery {
namespace {

tl::unexpected<Error> TooDear(const Connection& connection, int64_t bytes) {
  const Spending& spending = *connection.spending;
  return Fail(Code::kRefused,
              fmt::format("a query would be billed {}, and {} are left of what --max-bytes-billed "
                          "allows for this command ({} were billed before)",
                          FormatBytes(bytes), FormatBytes(std::max<int64_t>(spending.Left(), 0)),
                          FormatBytes(spending.Spent())),
              UriOf(connection.table),
              fmt::format("Nothing was charged for it. Allow at least --max-bytes-billed {}",
                          spending.Spent() + bytes));
}

}  // namespace

std::string SpentNote(const Spending& spending) {
  return fmt::format("looked with {} billed{}", FormatBytes(spending.Spent()),
                     spending.Spent() > 0 ? " (INFORMATION_SCHEMA charges 10 MB a query)" : "");
}

Result<QueryAnswer> RunWithin(const Connection& connection, const std::string& sql,
                              const std::string& location, const nlohmann::json& parameters,
                              bool estimate, int64_t tables) {
  Spending& spending = *connection.spending;
  QueryOptions options;
  options.project = connection.job_project;
  options.location = location;
  options.parameters = parameters;
  options.kms_key = *connection.kms_key;
  int64_t cost = MostBilled(0, tables);
  if (estimate) {
    SALVOR_TRY(const int64_t bytes, EstimateBytes(connection.api, connection.clock, sql, options));
    cost = MostBilled(bytes, tables);
    connection.progress.Tell(fmt::format("asking with a query of {}", FormatBytes(cost)), 0, 0);
  }
  if (cost > spending.Left()) return TooDear(connection, cost);
  options.max_bytes_billed = spending.Left();
  SALVOR_TRY(QueryAnswer answer, RunSelect(connection.api, connection.clock, sql, options));
  spending.Add(answer.job.bytes_billed);
  return answer;
}

Result<QueryAnswer> RunCapped(const Connection& connection, const std::string& sql,
                              const std::string& location, int64_t most) {
  const QueryOptions options{.project = connection.job_project,
                             .location = location,
                             .max_bytes_billed = most,
                             .parameters = nlohmann::json::array(),
                             .kms_key = *connection.kms_key};
  SALVOR_TRY(QueryAnswer answer, RunSelect(connection.api, connection.clock, sql, options));
  connection.spending->Add(answer.job.bytes_billed);
  return answer;
}

}  // namespace salvor::bigquery
