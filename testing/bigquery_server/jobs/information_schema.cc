#include "testing/bigquery_server/jobs/information_schema.h"

#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/jobs_view.h"
#include "testing/bigquery_server/store/row_json.h"

namespace salvor::testing::bigquery {

namespace {

using Fields = std::vector<Field>;

const Type kText{TypeKind::kString, {}};
const Type kNumber{TypeKind::kInt64, {}};
const Type kTime{TypeKind::kTimestamp, {}};

Json TimeOf(int64_t millis) { return FormatInstant(InstantOfMillis(millis)); }

Json NamesOf(const Table& table) {
  return {{"table_catalog", table.name.project},
          {"table_schema", table.name.dataset},
          {"table_name", table.name.table}};
}

Fields WithNames(Fields fields) {
  Fields all = {{"table_catalog", kText}, {"table_schema", kText}, {"table_name", kText}};
  all.insert(all.end(), fields.begin(), fields.end());
  return all;
}

Status AddPartition(const Table& table, const Json& id, const Rows::PartitionTotals& totals,
                    std::vector<Json>& rows) {
  Json row = NamesOf(table);
  row["partition_id"] = id;
  row["total_rows"] = totals.totals.rows;
  row["total_logical_bytes"] = totals.totals.bytes;
  row["total_billable_bytes"] = totals.totals.bytes;
  row["last_modified_time"] =
      TimeOf(totals.modified_ms == 0 ? table.modified_ms : totals.modified_ms);
  row["storage_tier"] = "ACTIVE";
  rows.push_back(std::move(row));
  return Done{};
}

// A partition without rows has no line; the streaming buffer has one of its own.
Status AddPartitions(World& world, const Table& table, std::vector<Json>& rows) {
  if (!table.HoldsRows()) return Done{};
  constexpr int64_t kLagMs = 30'000;
  Slice slice;
  if (world.silences.Is("partitions-view", "late")) slice.at_ms = world.clock.NowMs() - kLagMs;
  SALVOR_TRY(const auto partitions, world.store.rows().ByPartition(table, slice));
  if (table.partitioning.kind == Partitioning::Kind::kNone) {
    Rows::PartitionTotals totals;
    if (!partitions.empty()) totals = partitions.begin()->second;
    return AddPartition(table, nullptr, totals, rows);
  }
  for (const auto& [id, totals] : partitions) SALVOR_OK(AddPartition(table, id, totals, rows));
  if (table.buffered_since_ms != 0) {
    return AddPartition(table, std::string(kUnpartitioned), {{}, table.buffered_since_ms}, rows);
  }
  return Done{};
}

Status AddTable(World&, const Table& table, std::vector<Json>& rows) {
  Json row = NamesOf(table);
  row["table_type"] = table.clone_of                      ? "CLONE"
                      : table.type == "TABLE"             ? "BASE TABLE"
                      : table.type == "MATERIALIZED_VIEW" ? "MATERIALIZED VIEW"
                                                          : table.type;
  row["is_insertable_into"] = table.type == "TABLE" ? "YES" : "NO";
  row["is_typed"] = "NO";
  row["creation_time"] = TimeOf(table.created_ms);
  const auto& origin = table.clone_of ? table.clone_of : table.snapshot_of;
  if (origin) {
    row["base_table_catalog"] = origin->base.project;
    row["base_table_schema"] = origin->base.dataset;
    row["base_table_name"] = origin->base.table;
    row["snapshot_time_ms"] = TimeOf(origin->at_ms);
  }
  rows.push_back(std::move(row));
  return Done{};
}

Status AddColumns(World&, const Table& table, std::vector<Json>& rows) {
  int64_t position = 0;
  for (const Column& column : table.Columns()) {
    Json row = NamesOf(table);
    row["column_name"] = column.field.name;
    row["ordinal_position"] = ++position;
    row["is_nullable"] = column.field.required ? "NO" : "YES";
    row["data_type"] = GoogleSqlName(column.field.type);
    row["is_generated"] = "NEVER";
    row["is_hidden"] = "NO";
    row["is_updatable"] = nullptr;
    row["is_system_defined"] = "NO";
    row["is_partitioning_column"] =
        SameText(column.field.name, table.partitioning.column) ? "YES" : "NO";
    const auto clustered =
        std::find_if(table.clustering.begin(), table.clustering.end(),
                     [&](const auto& name) { return SameText(name, column.field.name); });
    if (clustered != table.clustering.end()) {
      row["clustering_ordinal_position"] = clustered - table.clustering.begin() + 1;
    }
    rows.push_back(std::move(row));
  }
  return Done{};
}

Status AddOptions(World&, const Table& table, std::vector<Json>& rows) {
  const auto add = [&](const char* name, const char* type, const std::string& value) {
    Json row = NamesOf(table);
    row["option_name"] = name;
    row["option_type"] = type;
    row["option_value"] = value;
    rows.push_back(std::move(row));
  };
  if (table.RequiresFilter()) add("require_partition_filter", "BOOL", "true");
  if (table.ExpiresMs() != kForever) {
    add("expiration_timestamp", "TIMESTAMP",
        "TIMESTAMP \"" + FormatInstant(InstantOfMillis(table.ExpiresMs())) + "\"");
  }
  if (table.partitioning.expiration_ms) {
    add("partition_expiration_days", "FLOAT64",
        std::to_string(static_cast<double>(*table.partitioning.expiration_ms) /
                       static_cast<double>(kDayMs)));
  }
  if (const Json* labels = Find(table.body, "labels")) {
    std::string text;
    for (const auto& [key, value] : labels->items()) {
      text += (text.empty() ? "" : ", ") + ("STRUCT(\"" + key + "\", \"") +
              value.get<std::string>() + "\")";
    }
    add("labels", "ARRAY<STRUCT<STRING, STRING>>", "[" + text + "]");
  }
  return Done{};
}

Status AddSnapshot(World&, const Table& table, std::vector<Json>& rows) {
  if (!table.snapshot_of) return Done{};
  Json row = NamesOf(table);
  row["base_table_catalog"] = table.snapshot_of->base.project;
  row["base_table_schema"] = table.snapshot_of->base.dataset;
  row["base_table_name"] = table.snapshot_of->base.table;
  row["snapshot_time"] = TimeOf(table.snapshot_of->at_ms);
  rows.push_back(std::move(row));
  return Done{};
}

struct DatasetView {
  std::string_view name;
  Fields fields;
  Status (*add)(World&, const Table&, std::vector<Json>&);
};

const std::vector<DatasetView>& DatasetViews() {
  static const std::vector<DatasetView> views = {
      {"PARTITIONS",
       WithNames({{"partition_id", kText},
                  {"total_rows", kNumber},
                  {"total_logical_bytes", kNumber},
                  {"total_billable_bytes", kNumber},
                  {"last_modified_time", kTime},
                  {"storage_tier", kText}}),
       AddPartitions},
      {"TABLES",
       WithNames({{"table_type", kText},
                  {"is_insertable_into", kText},
                  {"is_typed", kText},
                  {"creation_time", kTime},
                  {"base_table_catalog", kText},
                  {"base_table_schema", kText},
                  {"base_table_name", kText},
                  {"snapshot_time_ms", kTime}}),
       AddTable},
      {"COLUMNS",
       WithNames({{"column_name", kText},
                  {"ordinal_position", kNumber},
                  {"is_nullable", kText},
                  {"data_type", kText},
                  {"is_generated", kText},
                  {"is_hidden", kText},
                  {"is_updatable", kText},
                  {"is_system_defined", kText},
                  {"is_partitioning_column", kText},
                  {"clustering_ordinal_position", kNumber}}),
       AddColumns},
      {"TABLE_OPTIONS",
       WithNames({{"option_name", kText}, {"option_type", kText}, {"option_value", kText}}),
       AddOptions},
      {"TABLE_SNAPSHOTS",
       WithNames({{"base_table_catalog", kText},
                  {"base_table_schema", kText},
                  {"base_table_name", kText},
                  {"snapshot_time", kTime}}),
       AddSnapshot},
  };
  return views;
}

Result<Relation> RelationOf(const Fields& fields, const std::vector<Json>& rows,
                            std::string identity) {
  std::vector<Column> columns;
  std::string names;
  for (const Field& field : fields) {
    columns.push_back(ColumnOf(field));
    names += (names.empty() ? "" : ", ") + delta::QuoteIdentifier(field.name);
  }
  std::vector<Json> placed;
  for (const Json& row : rows) {
    SALVOR_TRY(Json one, PlacedRow(columns, row, false));
    placed.push_back(std::move(one));
  }
  Relation relation;
  relation.duck_from =
      "(SELECT * FROM (" + SelectOfRows(columns, placed) + ") AS v(" + names + "))";
  relation.fields = fields;
  relation.identity = std::move(identity);
  return relation;
}

Result<Relation> ResolveDatasetView(World& world, const Job& job, const TablePath& path,
                                    const DatasetView& view) {
  const std::string project = path.project.empty() ? job.project : path.project;
  SALVOR_TRY(Dataset* const dataset, world.store.FindDataset(project, path.dataset));
  if (dataset->Location() != job.location) {
    return Refuse("notFound", "Not found: Dataset " + dataset->Text() +
                                  " was not found in location " + job.location);
  }
  SALVOR_OK(world.authority.WantDataset(job.principal, "bigquery.tables.list", *dataset));
  std::vector<Json> rows;
  for (const auto& [id, lives] : dataset->tables) {
    const Table& table = lives.back();
    if (table.deleted_ms != kForever) continue;
    if (!world.authority.MayOnTable(job.principal, "bigquery.tables.get", table)) continue;
    SALVOR_OK(view.add(world, table, rows));
  }
  return RelationOf(view.fields, rows,
                    "INFORMATION_SCHEMA." + dataset->Text() + "." + std::string(view.name));
}

}  // namespace

Result<Relation> ResolveInformationSchema(World& world, const Job& job, const TablePath& path) {
  const std::string& name = path.information_schema_view;
  const auto is_upper = [&](std::string_view view) { return SameText(view, name); };
  if (is_upper("JOBS") || is_upper("JOBS_BY_PROJECT") || is_upper("JOBS_BY_USER")) {
    SALVOR_TRY(const std::vector<Json> rows, RowsOfJobsView(world, job, path));
    return RelationOf(FieldsOfJobsView(), rows, "INFORMATION_SCHEMA.JOBS");
  }
  for (const DatasetView& view : DatasetViews()) {
    if (!is_upper(view.name)) continue;
    if (path.dataset.empty() || path.dataset.starts_with("region-")) {
      return Refuse("invalidQuery",
                    "This server reads INFORMATION_SCHEMA." + name + " of a dataset only");
    }
    return ResolveDatasetView(world, job, path, view);
  }
  return Refuse("notFound", "Not found: INFORMATION_SCHEMA." + name);
}

}  // namespace salvor::testing::bigquery
