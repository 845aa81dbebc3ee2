// Prints every GoogleSQL statement that salvor emits for a scene, for judges that know GoogleSQL.
//
// Standard input, one JSON document:
//   {"table": "p.d.t", "staging": "p.s.t", "before": "p.s.b",
//    "fields": [...], "staged_fields": [...]    REST schema fields of the table, and of both copies
//    "partitioning": {"kind": "DAY", "field": "d", "start": 0, "end": 0, "interval": 0},
//    "whole": false,                            the table as one partition, with the id ""
//    "ids": ["20240102"],                       for counts, fingerprints, relations
//    "fill": [["20240102", 3]],                 id, staged rows
//    "replace": [["20240103", 3, 2, 2]],        id, staged, present, common rows
//    "beside": [["20240104", 3, 2, 0]]}
// or {"table": "p.d.t", "definition": {...}}   a table resource, for the statements that make it by
//                                             hand.
// Standard output: an object, statement name -> text, or -> {"error": message}.
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "bigquery/rest/table_name.h"
#include "bigquery/sql/apply_transaction.h"
#include "bigquery/sql/create_table.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using nlohmann::json;

std::vector<Field> Fields(const json& list) {
  std::vector<Field> fields;
  for (const json& one : list) {
    fields.push_back({.name = one.at("name"),
                      .type = one.at("type"),
                      .mode = one.value("mode", "NULLABLE"),
                      .fields = Fields(one.value("fields", json::array()))});
  }
  return fields;
}

Partitioning PartitioningOf(const json& scene) {
  static const std::map<std::string, PartitionKind> kKinds{
      {"HOUR", PartitionKind::kHour},   {"DAY", PartitionKind::kDay},
      {"MONTH", PartitionKind::kMonth}, {"YEAR", PartitionKind::kYear},
      {"RANGE", PartitionKind::kRange}, {"NONE", PartitionKind::kNone}};
  Partitioning partitioning;
  partitioning.kind = kKinds.at(scene.at("kind"));
  partitioning.field = scene.value("field", "");
  partitioning.range_start = scene.value("start", int64_t{0});
  partitioning.range_end = scene.value("end", int64_t{0});
  partitioning.range_interval = scene.value("interval", int64_t{0});
  return partitioning;
}

TableName NameOf(const json& scene, const char* member) {
  return ParseTableUri("bigquery:" + scene.value(member, "p.d.t")).value();
}

Result<std::string> SqlOf(const Result<Transaction>& made) {
  if (made) return made->sql;
  return Fail(made.error());
}

json Text(const Result<std::string>& statement) {
  if (statement) return *statement;
  return {{"error", statement.error().Message()}};
}

std::vector<ExpectedPartition> Expected(const json& scene, const char* member) {
  std::vector<ExpectedPartition> partitions;
  for (const json& one : scene.value(member, json::array())) {
    partitions.push_back({one.at(0), one.at(1), one.at(2), one.at(3)});
  }
  return partitions;
}

json Making(const json& scene) {
  const auto table = TableOfDefinition(NameOf(scene, "table"), scene.at("definition").dump());
  if (!table) return {{"error", table.error().Message()}};
  const auto create = CreateTableStatement(*table);
  if (!create) return {{"error", create.error().Message()}};
  return {{"create", create->sql},
          {"left_out", create->left_out},
          {"lift", LiftExpirationsStatement(*table)}};
}

json Statements(const json& scene) {
  if (scene.contains("definition")) return Making(scene);
  const RowSet table{NameOf(scene, "table"), Fields(scene.at("fields"))};
  const RowSet staging{NameOf(scene, "staging"), Fields(scene.at("staged_fields"))};
  const RowSet before{NameOf(scene, "before"), staging.fields};
  const Partitioning partitioning = PartitioningOf(scene.at("partitioning"));
  const auto filter = scene.value("whole", false)
                          ? PartitionFilter::MakeWhole(partitioning, table.fields)
                          : PartitionFilter::Make(partitioning, table.fields);
  if (!filter) return {{"error", filter.error().Message()}};
  const std::vector<std::string> ids = scene.at("ids");
  std::vector<EmptyPartition> fill;
  for (const json& one : scene.value("fill", json::array())) {
    fill.push_back({one.at(0), one.at(1)});
  }
  const Comparison comparison{{staging}, table, *filter, ids};
  const std::vector<Group> groups{
      {staging, fill, Expected(scene, "replace"), Expected(scene, "beside")}};
  const Instant at = InstantOfMillis(1700000000123);
  return {
      {"clone", CloneStatement({table.table, at, staging.table, at, {{"salvor_plan", "0123"}}})},
      {"drop", DropStatement(staging.table)},
      {"count_table", Text(CountStatement(table.table, *filter, ids))},
      {"rescue", Text(RescueStatement(table.table, *filter, at))},
      {"count_past", Text(CountStatement(table.table, *filter, {}, at))},
      {"rows_past", Text(PastRowsStatement(table.table, *filter, ids, at))},
      {"count_staging", Text(CountStatement(staging.table, *filter, ids))},
      {"rows_staging", Text(RowsStatement(staging, table.fields, *filter, ids))},
      {"fingerprint_table", Text(FingerprintStatement(table, table.fields, *filter, ids))},
      {"fingerprint_staging_then", Text(FingerprintStatement({staging.table, staging.fields,
                                                              InstantOfMillis(1'767'225'600'123)},
                                                             table.fields, *filter, ids))},
      {"fingerprint_staging", Text(FingerprintStatement(staging, table.fields, *filter, ids))},
      {"relation", Text(RelationStatement(comparison))},
      {"missing", Text(MissingStatement(comparison))},
      {"apply", Text(SqlOf(ApplyScript({table, *filter, groups})))},
      {"undo", Text(SqlOf(UndoScript({table, *filter, before, groups})))},
  };
}

}  // namespace
}  // namespace salvor::bigquery

int main() {
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  try {
    std::cout << salvor::bigquery::Statements(nlohmann::json::parse(input)).dump(1) << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return 0;
}
