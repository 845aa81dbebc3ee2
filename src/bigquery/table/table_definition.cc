#include "bigquery/table/table_definition.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "bigquery/rest/resource_json.h"
#include "bigquery/sql/create_table.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

constexpr std::array<const char*, 14> kParts{"schema",
                                             "timePartitioning",
                                             "rangePartitioning",
                                             "clustering",
                                             "description",
                                             "friendlyName",
                                             "labels",
                                             "requirePartitionFilter",
                                             "tableConstraints",
                                             "defaultCollation",
                                             "defaultRoundingMode",
                                             "encryptionConfiguration",
                                             "expirationTime",
                                             "resourceTags"};

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AddTags(const Json& resource, std::vector<std::string>& lines) {
  const Json tags = resource.value("resourceTags", Json::object());
  if (!tags.is_object()) return;
  for (const auto& [key, value] : tags.items()) {
    lines.push_back(fmt::format("its tag {} = {}", key, TextOf(value)));
  }
}

}  // namespace

std::string DefinitionOf(const Table& table) {
  Json definition = Json::object();
  for (const char* part : kParts) {
    Json value = table.resource.is_object() ? table.resource.value(part, Json()) : Json();
    if (!value.is_null()) definition[part] = std::move(value);
  }
  return definition.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Table> TableOfDefinition(const TableName& name, std::string_view definition) {
  auto json = ParseBody(definition);
  auto table = Result<Table>(Fail(Code::kInvalidArgument, "it is no JSON object"));
  if (json && json->is_object()) {
    if (!json->contains("type")) (*json)["type"] = "TABLE";
    table = TableFromJson(name, *std::move(json));
  }
  if (table) return table;
  return Fail(Code::kInvalidArgument,
              "the definition of the deleted table cannot be read: " + table.error().what,
              FormatName(name),
              "It is what bq show --format=json printed of the table, or a part of it");
}

bool IsOfDeletedTable(const model::Plan& plan) {
  model::TableState state = StateOfDeleted(plan.state.version);
  return plan.state == state;
}

std::string HowItDiffers(const Table& found, const Table& defined) {
  if (found.type != "TABLE") return "it is of the kind " + found.type;
  if (!SamePartitions(found.partitioning, defined.partitioning)) return "other partitions";
  if (found.clustering != defined.clustering) return "other clusters";
  if (!defined.kms_key.empty() && found.kms_key != defined.kms_key) return "another encryption key";
  const SchemaFit fit = FitSchema(defined.fields, found.fields);
  if (fit.same) return "";
  return fit.refusal.empty() ? fit.by_name : fit.refusal;
}

std::vector<std::string> ToSetAgain(const Table& defined) {
  std::vector<std::string> lines{
      "who may read and write the table (its IAM bindings): of a deleted table they cannot be read",
      "row-access policies and data policies, if it had any",
      "authorized views, materialized views, search indexes and schedules on it: look whether they "
      "still work"};
  const std::string name =
      fmt::format("{}:{}.{}", defined.name.project, defined.name.dataset, defined.name.table);
  if (defined.partitioning.expiration) {
    lines.push_back(fmt::format(
        "the expiration of its partitions, which would take old ones at once: bq update "
        "--time_partitioning_expiration={} {}",
        defined.partitioning.expiration->count() / 1000, name));
  }
  if (defined.expires) {
    lines.push_back(fmt::format("its own expiration ({})", FormatInstant(*defined.expires)));
  }
  AddTags(defined.resource, lines);
  const auto create = CreateTableStatement(defined);
  if (create) lines.insert(lines.end(), create->left_out.begin(), create->left_out.end());
  if (defined.fields.empty()) {
    lines.push_back(
        "its description, labels and constraints: the definition that was given says "
        "only what it names");
  }
  return lines;
}

}  // namespace salvor::bigquery
