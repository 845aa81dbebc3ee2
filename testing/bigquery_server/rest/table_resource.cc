#include "testing/bigquery_server/rest/table_resource.h"

#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr std::array<std::string_view, 21> kOutputOnly = {"kind",
                                                          "etag",
                                                          "id",
                                                          "selfLink",
                                                          "tableReference",
                                                          "numBytes",
                                                          "numRows",
                                                          "numPartitions",
                                                          "creationTime",
                                                          "lastModifiedTime",
                                                          "numLongTermBytes",
                                                          "streamingBuffer",
                                                          "type",
                                                          "location",
                                                          "schema",
                                                          "timePartitioning",
                                                          "rangePartitioning",
                                                          "clustering",
                                                          "cloneDefinition",
                                                          "snapshotDefinition",
                                                          "replicas"};

Status CheckBody(const Json& body) {
  return RefuseUnknown(body,
                       {"kind",
                        "etag",
                        "id",
                        "selfLink",
                        "tableReference",
                        "friendlyName",
                        "description",
                        "labels",
                        "schema",
                        "timePartitioning",
                        "rangePartitioning",
                        "clustering",
                        "requirePartitionFilter",
                        "partitionDefinition",
                        "numBytes",
                        "numPhysicalBytes",
                        "numLongTermBytes",
                        "numRows",
                        "creationTime",
                        "expirationTime",
                        "lastModifiedTime",
                        "type",
                        "view",
                        "materializedView",
                        "materializedViewStatus",
                        "externalDataConfiguration",
                        "biglakeConfiguration",
                        "managedTableType",
                        "location",
                        "streamingBuffer",
                        "encryptionConfiguration",
                        "snapshotDefinition",
                        "defaultCollation",
                        "defaultRoundingMode",
                        "cloneDefinition",
                        "maxStaleness",
                        "tableConstraints",
                        "resourceTags",
                        "tableReplicationInfo",
                        "replicas",
                        "numTimeTravelPhysicalBytes",
                        "numTotalLogicalBytes",
                        "numActiveLogicalBytes",
                        "numLongTermLogicalBytes",
                        "numCurrentPhysicalBytes",
                        "numTotalPhysicalBytes",
                        "numActivePhysicalBytes",
                        "numLongTermPhysicalBytes",
                        "numPartitions",
                        "restrictions"},
                       "table");
}

Status CheckLabels(const Json& body) {
  const Json* labels = Find(body, "labels");
  if (labels == nullptr) return Done{};
  for (const auto& [key, value] : labels->items()) {
    if (value.is_null()) continue;
    const std::string text = value.get<std::string>();
    const auto legal = [](const std::string& part) {
      return part.size() <= 63 && std::all_of(part.begin(), part.end(), [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      c >= 0x80;
             });
    };
    if (key.empty() || !legal(key) || !legal(text)) {
      return Refuse("invalid", "Invalid label \"" + key + "\": \"" + text + "\"");
    }
  }
  return Done{};
}

void DropOutputOnly(Json& body) {
  for (const std::string_view name : kOutputOnly) body.erase(std::string(name));
}

std::string TypeOf(const Json& body) {
  if (Find(body, "view") != nullptr) return "VIEW";
  if (Find(body, "materializedView") != nullptr) return "MATERIALIZED_VIEW";
  if (Find(body, "externalDataConfiguration") != nullptr) return "EXTERNAL";
  return "TABLE";
}

Result<std::vector<std::string>> ParseClustering(const Json& body,
                                                 const std::vector<Column>& columns) {
  std::vector<std::string> clustering;
  const Json* fields = Find(body, "clustering.fields");
  if (fields == nullptr) return clustering;
  for (const Json& field : *fields) {
    clustering.push_back(field.get<std::string>());
    if (FindColumn(columns, clustering.back()) == nullptr) {
      return Refuse(
          "invalid",
          "The field specified for clustering cannot be found in the schema: " + clustering.back());
    }
  }
  if (clustering.size() > 4) return Refuse("invalid", "At most 4 clustering fields");
  return clustering;
}

Json OriginOf(const Origin& origin, const char* time) {
  return {{"baseTableReference", origin.base.Reference()},
          {time, FormatInstant(InstantOfMillis(origin.at_ms))}};
}

// Columns may be added at the end and REQUIRED ones relaxed; descriptions and tags may change.
Status PatchSchema(World& world, Table& table, const Json& schema, int64_t at_ms) {
  SALVOR_TRY(std::vector<Column> wanted, ParseSchema(schema));
  std::vector<Column> next;
  for (const Column& column : table.Columns()) {
    const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const Column& one) {
      return SameText(one.field.name, column.field.name);
    });
    Field relaxed = column.field;
    if (same != wanted.end()) relaxed.required = same->field.required;
    const bool fits = same != wanted.end() && (!relaxed.required || column.field.required) &&
                      GoogleSqlName(same->field.type) == GoogleSqlName(column.field.type);
    if (!fits) {
      return Refuse("invalid", "Provided Schema does not match Table " + table.name.Text() +
                                   ". Field " + column.field.name + " is missing or has changed");
    }
    next.push_back({same->field, same->resource, column.physical});
  }
  for (Column& column : wanted) {
    if (FindColumn(table.Columns(), column.field.name) != nullptr) continue;
    if (column.field.required) {
      return Refuse("invalid", "Provided Schema does not match Table " + table.name.Text() +
                                   ". Cannot add required fields to an existing schema. (field: " +
                                   column.field.name + ")");
    }
    column.physical = table.next_physical++;
    if (table.HoldsRows()) SALVOR_OK(world.store.rows().AddColumn(table, column));
    next.push_back(std::move(column));
  }
  table.schemas.push_back({at_ms, std::move(next)});
  return Done{};
}

Status PatchPartitioning(Table& table, const Json& changes) {
  Json merged = Json::object();
  FormatPartitioning(table.partitioning, merged);
  for (const char* name : {"timePartitioning", "rangePartitioning"}) {
    if (!changes.contains(name)) continue;
    if (changes[name].is_null())
      merged.erase(name);
    else
      MergePatch(merged[name], changes[name]);
  }
  SALVOR_TRY(Partitioning wanted, ParsePartitioning(merged, table.Columns()));
  if (!wanted.SameAs(table.partitioning)) {
    return Refuse("invalid",
                  "Cannot change partitioning spec for a partitioned table or give one "
                  "to a table without");
  }
  table.partitioning = std::move(wanted);
  return Done{};
}

}  // namespace

Status CheckMatch(const Call& call, const std::string& etag) {
  const std::string wanted = call.Header("if-match");
  if (wanted.empty() || wanted == "*" || wanted == etag) return Done{};
  return Refuse("conditionNotMet", "Precondition check failed.", "If-Match");
}

Result<Table> TableOf(const TableName& name, const Json& given) {
  const Json body = WithoutNulls(given);
  SALVOR_OK(CheckBody(body));
  SALVOR_OK(CheckLabels(body));
  Table table;
  table.name = name;
  table.type = TypeOf(body);
  SchemaVersion version;
  if (const Json* schema = Find(body, "schema")) {
    SALVOR_TRY(version.columns, ParseSchema(*schema));
  }
  SALVOR_TRY(table.partitioning, ParsePartitioning(body, version.columns));
  SALVOR_TRY(table.clustering, ParseClustering(body, version.columns));
  table.schemas.push_back(std::move(version));
  table.body = body;
  if (FlagAt(body, "timePartitioning.requirePartitionFilter")) {
    table.body["requirePartitionFilter"] = true;
  }
  DropOutputOnly(table.body);
  return table;
}

Status PatchTable(World& world, Table& table, const Json& changes, int64_t at_ms) {
  SALVOR_OK(CheckBody(changes));
  SALVOR_OK(CheckLabels(changes));
  if (const Json* schema = Find(changes, "schema")) {
    SALVOR_OK(PatchSchema(world, table, *schema, at_ms));
  }
  SALVOR_OK(PatchPartitioning(table, changes));
  if (changes.contains("clustering")) {
    SALVOR_TRY(table.clustering, ParseClustering(changes, table.Columns()));
  }
  const auto expiration = NumberAt(changes, "expirationTime");
  if (expiration && *expiration != 0 && *expiration <= world.clock.NowMs()) {
    return Refuse("invalid", "Invalid value for expirationTime: must be in the future");
  }
  Json rest = changes;
  DropOutputOnly(rest);
  MergePatch(table.body, rest);
  if (NumberAt(table.body, "expirationTime") == 0) table.body.erase("expirationTime");
  if (const Json* labels = Find(table.body, "labels"); labels != nullptr && labels->empty()) {
    table.body.erase("labels");
  }
  world.store.Touch(table, at_ms);
  return Done{};
}

Result<Json> TableResource(World& world, const Table& table, const Slice& slice) {
  Json resource = table.body;
  FormatPartitioning(table.partitioning, resource);
  if (table.RequiresFilter() && resource.contains("timePartitioning")) {
    resource["timePartitioning"]["requirePartitionFilter"] = true;
  }
  if (!table.clustering.empty()) resource["clustering"] = {{"fields", table.clustering}};
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(table.name.project, table.name.dataset));
  const auto& columns = slice.at_ms ? table.ColumnsAt(*slice.at_ms) : table.Columns();
  resource["kind"] = "bigquery#table";
  resource["etag"] = table.Etag();
  resource["id"] = table.name.Text();
  resource["selfLink"] = "/bigquery/v2/projects/" + table.name.project + "/datasets/" +
                         table.name.dataset + "/tables/" + table.name.table;
  resource["tableReference"] = table.name.Reference();
  resource["schema"] = SchemaResource(columns);
  resource["type"] = table.type;
  resource["location"] = dataset->Location();
  resource["creationTime"] = std::to_string(table.created_ms);
  resource["lastModifiedTime"] = std::to_string(table.modified_ms);
  if (table.clone_of) resource["cloneDefinition"] = OriginOf(*table.clone_of, "cloneTime");
  if (table.snapshot_of) {
    resource["snapshotDefinition"] = OriginOf(*table.snapshot_of, "snapshotTime");
  }
  if (!table.HoldsRows()) return resource;
  SALVOR_TRY(const RowTotals totals, world.store.rows().Totals(table, slice, columns));
  resource["numRows"] = std::to_string(totals.rows);
  resource["numBytes"] = std::to_string(totals.bytes);
  resource["numLongTermBytes"] = "0";
  const bool partitioned = table.partitioning.kind != Partitioning::Kind::kNone;
  if (partitioned && !slice.partition && !slice.at_ms) {
    SALVOR_TRY(const int64_t partitions, world.store.rows().LivePartitions(table));
    resource["numPartitions"] = std::to_string(partitions);
  }
  if (table.buffered_since_ms != 0 && !slice.at_ms) {
    SALVOR_TRY(const RowTotals all,
               world.store.rows().Totals(table, {.with_buffer = true}, columns));
    SALVOR_TRY(const RowTotals stored, world.store.rows().Totals(table, {}, columns));
    resource["streamingBuffer"] = {{"estimatedRows", std::to_string(all.rows - stored.rows)},
                                   {"estimatedBytes", std::to_string(all.bytes - stored.bytes)},
                                   {"oldestEntryTime", std::to_string(table.buffered_since_ms)}};
  }
  return resource;
}

Json TableListItem(const Table& table) {
  Json item = {{"kind", "bigquery#table"},
               {"id", table.name.Text()},
               {"tableReference", table.name.Reference()},
               {"type", table.type},
               {"creationTime", std::to_string(table.created_ms)}};
  FormatPartitioning(table.partitioning, item);
  for (const char* name : {"labels", "expirationTime", "friendlyName"}) {
    if (const Json* value = Find(table.body, name)) item[name] = *value;
  }
  if (!table.clustering.empty()) item["clustering"] = {{"fields", table.clustering}};
  return item;
}

}  // namespace salvor::testing::bigquery
