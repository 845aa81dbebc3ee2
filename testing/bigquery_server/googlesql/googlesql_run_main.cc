// Runs GoogleSQL scripts, each line of standard input one as a JSON string, over one set of tables
// in memory. Answers a line each: {"rows": [...], "names": [...], "types": [...]} of the last
// statement, or
// {"error": "..."}. What tests/judges/googlesql_test.py compares with GoogleSQL's own evaluator.

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "testing/bigquery_server/googlesql/memory_tables.h"

namespace {

using nlohmann::json;
using salvor::testing::bigquery::GoogleSqlName;
using salvor::testing::bigquery::googlesql::MemoryTables;

json Answer(MemoryTables& tables, const std::string& line) {
  const json script = json::parse(line, nullptr, false);
  if (!script.is_string()) return {{"error", "a line must be a JSON string"}};
  auto outcomes = tables.Run(script.get<std::string>());
  if (!outcomes) {
    return {{"error", outcomes.error().what}, {"sql", outcomes.error().next}};
  }
  json answer = {{"rows", json::array()}, {"names", json::array()}, {"types", json::array()}};
  if (outcomes->empty()) return answer;
  for (const auto& field : outcomes->back().statement.result) {
    answer["names"].push_back(field.name);
    answer["types"].push_back(GoogleSqlName(field.type));
  }
  answer["sql"] = outcomes->back().statement.duck_select;
  for (const std::string& row : outcomes->back().rows) answer["rows"].push_back(row);
  return answer;
}

}  // namespace

int main() {
  try {
    MemoryTables tables;
    std::string line;
    while (std::getline(std::cin, line)) std::cout << Answer(tables, line).dump() << std::endl;
  } catch (const std::exception& fault) {
    std::cerr << fault.what() << "\n";
    return 1;
  }
  return 0;
}
