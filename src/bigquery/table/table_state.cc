#include "bigquery/table/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

std::string Digest(const Json& json) {
  return Sha256Hex(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json FieldsJson(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const Field& field : fields) {
    list.push_back({field.name, field.type, field.mode, FieldsJson(field.fields)});
  }
  return list;
}

// A part of the resource, or null.
Json Part(const Table& table, const char* name) {
  return table.resource.is_object() ? table.resource.value(name, Json()) : Json();
}

Json LayoutJson(const Table& table) {
  const Partitioning& partitioning = table.partitioning;
  return {static_cast<int>(partitioning.kind),
          partitioning.field,
          partitioning.range_start,
          partitioning.range_end,
          partitioning.range_interval,
          table.clustering};
}

// The first column that carries a tag or policy, with its path.
std::string TaggedColumn(const std::vector<Field>& fields, const std::string& prefix) {
  for (const Field& field : fields) {
    if (!field.tags.empty()) return prefix + field.name;
    std::string inner = TaggedColumn(field.fields, prefix + field.name + ".");
    if (!inner.empty()) return inner;
  }
  return "";
}

void CollectTags(const std::vector<Field>& fields, Json& tags) {
  for (const Field& field : fields) {
    for (const std::string& tag : field.tags) tags.push_back({field.name, tag});
    CollectTags(field.fields, tags);
  }
}

}  // namespace

model::TableIdentity IdentityOf(const Table& table) {
  return {UriOf(table.name), table.name.table,
          fmt::format("{} made {}", FormatName(table.name), FormatInstant(table.created)),
          "bigquery"};
}

model::TableIdentity IdentityOfDeleted(const TableName& name) {
  return {UriOf(name), name.table, FormatName(name) + " deleted", "bigquery"};
}

model::TableState StateOf(const Table& table, const std::vector<std::string>& row_policies,
                          int64_t version) {
  Json tags = Json::array();
  CollectTags(table.fields, tags);
  model::TableState state;
  state.version = version;
  state.schema = Digest(FieldsJson(table.fields));
  state.layout = Digest(LayoutJson(table));
  state.constraints = Digest({Part(table, "tableConstraints"), table.require_partition_filter});
  state.protocol =
      Digest({table.type, row_policies, table.kms_key, std::move(tags),
              table.partitioning.expiration ? table.partitioning.expiration->count() : 0});
  return state;
}

model::TableState StateOfDeleted(int64_t version) {
  return {version, "deleted", "deleted", "deleted", "deleted"};
}

std::string WhyNotLookedAt(const Table& table) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKinds{{
      {"VIEW", "it is a view: it holds no rows of its own. Look at the tables that it reads"},
      {"MATERIALIZED_VIEW", "it is a materialized view: recover the tables that it reads"},
      {"EXTERNAL", "it is an external table: its rows lie outside BigQuery"},
      {"SNAPSHOT", "it is a table snapshot: it never loses rows"},
  }};
  for (const auto& [type, reason] : kKinds) {
    if (table.type == type) return std::string(reason);
  }
  if (table.type != "TABLE") return "it is of the kind " + table.type;
  if (!Part(table, "biglakeConfiguration").is_null()) {
    return "it is an Iceberg table (BigLake): its rows lie outside BigQuery";
  }
  if (!Part(table, "externalDataConfiguration").is_null()) return "its rows lie outside BigQuery";
  if (!Part(table, "maxStaleness").is_null()) {
    return "it takes change data capture (max_staleness): what was put back would be merged with "
           "its stream of changes";
  }
  if (!Part(table, "tableReplicationInfo").is_null()) return "it is a replica: recover its source";
  if (!table.partitioning.IsPartitioned() && LooksSharded(table.name.table)) {
    return "it is one day of a table that is sharded by date (name_YYYYMMDD): each shard is a "
           "table "
           "of its own. Restore a deleted shard with bq cp table@ms";
  }
  return "";
}

std::string WhyNotWritten(const Table& table, const std::vector<std::string>& row_policies) {
  if (!row_policies.empty()) {
    return fmt::format(
        "the table has row-access policies ({}), which a copy would remove, and which hide rows "
        "from "
        "whoever looks. Ask the owner of the policies",
        row_policies.front());
  }
  const std::string tagged = TaggedColumn(table.fields, "");
  if (!tagged.empty()) {
    return fmt::format(
        "column {} carries a policy tag or data policy: a private copy would not carry it, or "
        "would "
        "hold masked values. Ask the owner of the policy",
        tagged);
  }
  return "";
}

bool SamePartitions(const Partitioning& a, const Partitioning& b) {
  return a.kind == b.kind && a.field == b.field && a.range_start == b.range_start &&
         a.range_end == b.range_end && a.range_interval == b.range_interval;
}

}  // namespace salvor::bigquery
