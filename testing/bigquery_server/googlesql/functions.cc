#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/googlesql/duck_function.h"

namespace salvor::testing::bigquery {

Status RegisterFunctions(void* connection) {
  auto* const duck = static_cast<duckdb_connection>(connection);
  duckdb_result known;
  const char* question = "SELECT 1 FROM duckdb_functions() WHERE function_name = 'bq_json' LIMIT 1";
  const bool asked = duckdb_query(duck, question, &known) == DuckDBSuccess;
  const bool there = asked && duckdb_row_count(&known) > 0;
  duckdb_destroy_result(&known);
  if (there) return Done{};
  const bool made = googlesql::RegisterTextFunctions(duck) &&
                    googlesql::RegisterNumberFunctions(duck) &&
                    googlesql::RegisterTimeFunctions(duck) && googlesql::RegisterJsonFunction(duck);
  if (!made) return Fail(Code::kInternal, "DuckDB did not take the server's functions");
  return Done{};
}

// "Invalid Input Error: ..." is what a function of ours said; the rest is DuckDB's own words.
std::string RunTimeMessage(std::string_view duck) {
  static constexpr std::string_view kOurs = "Invalid Input Error: ";
  std::string text(duck.substr(0, duck.find('\n')));
  if (text.rfind("Out of Range Error: Overflow in", 0) == 0)
    return "int64 overflow: " + text.substr(20);
  if (text.rfind("Invalid Input Error: More than one row returned by a subquery", 0) == 0) {
    return "Scalar subquery produced more than one element";
  }
  if (text.rfind(kOurs, 0) == 0) text.erase(0, kOurs.size());
  return text;
}

}  // namespace salvor::testing::bigquery
