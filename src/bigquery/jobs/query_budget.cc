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

QueryOptions OptionsFor(const Connection& connection, const std::string& location, int64_t most,
                        const nlohmann::json& parameters) {
  return {connection.job_project, location, most, parameters, *connection.kms_key};
}

}  // namespace

std::string SpentNote(const Spending& spending) {
  return fmt::format("looked with {} billed{}", FormatBytes(spending.Spent()),
                     spending.Spent() > 0 ? " (INFORMATION_SCHEMA charges 10 MB a query)" : "");
}

Result<int64_t> EstimateOf(const Connection& connection, const std::string& sql,
                           const std::string& location, const nlohmann::json& parameters) {
  SALVOR_TRY(const Job job, DryRunSelect(connection.api, connection.clock, sql,
                                         OptionsFor(connection, location, 0, parameters)));
  return job.bytes_processed;
}

Result<QueryAnswer> RunWithin(const Connection& connection, const std::string& sql,
                              const std::string& location, const nlohmann::json& parameters,
                              bool estimate, int64_t tables) {
  const Spending& spending = *connection.spending;
  int64_t cost = MostBilled(0, tables);
  if (estimate) {
    SALVOR_TRY(const int64_t bytes, EstimateOf(connection, sql, location, parameters));
    cost = MostBilled(bytes, tables);
    connection.progress.Tell(fmt::format("asking with a query of {}", FormatBytes(cost)), 0, 0);
  }
  if (cost > spending.Left()) return TooDear(connection, cost);
  return RunCapped(connection, sql, location, spending.Left(), parameters);
}

Result<QueryAnswer> RunCapped(const Connection& connection, const std::string& sql,
                              const std::string& location, int64_t most,
                              const nlohmann::json& parameters) {
  SALVOR_TRY(QueryAnswer answer, RunSelect(connection.api, connection.clock, sql,
                                           OptionsFor(connection, location, most, parameters)));
  connection.spending->Add(answer.job.bytes_billed);
  return answer;
}

}  // namespace salvor::bigquery
