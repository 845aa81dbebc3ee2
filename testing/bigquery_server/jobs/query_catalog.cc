#include "testing/bigquery_server/jobs/query_catalog.h"

#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/information_schema.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kLeastBilled = 10 * 1024 * 1024;

std::string FormatOf(Partitioning::Kind kind) {
  switch (kind) {
    case Partitioning::Kind::kHour:
      return "%Y%m%d%H";
    case Partitioning::Kind::kMonth:
      return "%Y%m";
    case Partitioning::Kind::kYear:
      return "%Y";
    default:
      return "%Y%m%d";
  }
}

// A query tells of the window in other words than a copy job.
Error InQueryWords(Error error, const TableName& name, int64_t at_ms) {
  const size_t edge = error.what.find("Cannot read before");
  if (edge == std::string::npos) return error;
  error.what = "Invalid time travel timestamp " + std::to_string(at_ms) + " for table " +
               name.Text() + ". " + error.what.substr(edge);
  error.next = "invalidQuery";
  return error;
}

int64_t InstantKey(std::optional<Instant> as_of) { return as_of ? MillisOf(*as_of) : -1; }

}  // namespace

QueryCatalog::QueryCatalog(World& world, const Job& job) : world_(world), job_(job) {}

std::vector<std::string> QueryCatalog::PseudoItems(const Table& table) {
  if (!table.partitioning.ByIngestion()) return {};
  const std::string time =
      "CAST(try_strptime(part, '" + FormatOf(table.partitioning.kind) + "') AS TIMESTAMP)";
  return {"timezone('UTC', " + time + ") AS \"_PARTITIONTIME\"",
          "CAST(" + time + " AS DATE) AS \"_PARTITIONDATE\""};
}

Result<TableName> QueryCatalog::NameOf(const TablePath& path) {
  const Json config = job_.configuration.value("query", Json::object());
  TableName name{path.project, path.dataset, path.table};
  if (name.dataset.empty()) {
    name.dataset = TextAt(config, "defaultDataset.datasetId");
    if (name.dataset.empty()) {
      return Refuse("invalid", "Table \"" + path.table +
                                   "\" must be qualified with a dataset (e.g. dataset.table).");
    }
    name.project = TextAt(config, "defaultDataset.projectId", job_.project);
  }
  if (name.project.empty()) name.project = job_.project;
  SALVOR_TRY(const Dataset* const dataset, world_.store.FindDataset(name.project, name.dataset));
  if (dataset->Location() != job_.location) {
    return Refuse("notFound", "Not found: Dataset " + dataset->Text() +
                                  " was not found in location " + job_.location);
  }
  return name;
}

std::string QueryCatalog::PolicyFilter(const Table& table) const {
  std::string filter;
  for (const Json& policy : table.row_policies) {
    const Json grantees = policy.value("grantees", Json::array());
    const bool granted = std::any_of(grantees.begin(), grantees.end(), [&](const Json& member) {
      return world_.authority.IsMember(job_.principal, member.get<std::string>());
    });
    if (granted) filter += (filter.empty() ? "(" : " OR (") + TextAt(policy, "duck", "true") + ")";
  }
  return filter.empty() ? "false" : filter;
}

Result<Relation> QueryCatalog::ResolveTable(const TablePath& path, std::optional<Instant> as_of) {
  SALVOR_TRY(const TableName name, NameOf(path));
  Decorated decorated{name.table, std::nullopt, std::nullopt};
  if (as_of) decorated.at = MillisOf(*as_of);
  const auto seen = Look(world_.store, name, decorated, Purpose::kQuery);
  if (!seen) return Fail(InQueryWords(seen.error(), name, decorated.at.value_or(0)));
  const Table& table = *seen->table;
  SALVOR_OK(world_.authority.WantTable(job_.principal, "bigquery.tables.getData", table));
  if (as_of) SALVOR_OK(WantPast(world_.authority, job_.principal, table));
  if (!table.HoldsRows()) {
    return Refuse("invalidQuery",
                  "This server reads no table of type " + table.type + ": " + name.Text());
  }
  Slice slice = seen->slice;
  slice.with_buffer = true;
  if (!as_of) slice.within = transaction_;
  Relation relation;
  relation.duck_from = world_.store.rows().Select(table, slice, PseudoItems(table));
  if (!table.row_policies.empty()) {
    relation.duck_from =
        "(SELECT * FROM " + relation.duck_from + " AS t WHERE " + PolicyFilter(table) + ")";
  }
  for (const Column& column : slice.at_ms ? table.ColumnsAt(*slice.at_ms) : table.Columns()) {
    relation.fields.push_back(column.field);
  }
  relation.partition_column = table.partitioning.column;
  if (table.partitioning.ByIngestion()) {
    relation.partition_column = "_PARTITIONTIME";
    relation.pseudo = {{"_PARTITIONTIME", {TypeKind::kTimestamp, {}}},
                       {"_PARTITIONDATE", {TypeKind::kDate, {}}}};
  }
  relation.require_partition_filter = table.RequiresFilter();
  relation.identity = name.Text();  // an older life that was replaced is the same table too
  seen_[{relation.identity, InstantKey(as_of)}] = {false, table, slice};
  return relation;
}

Result<Relation> QueryCatalog::Resolve(const TablePath& path, std::optional<Instant> as_of) {
  if (path.information_schema_view.empty()) return ResolveTable(path, as_of);
  if (as_of) {
    return Refuse("invalidQuery", "FOR SYSTEM_TIME AS OF is not supported for INFORMATION_SCHEMA");
  }
  SALVOR_TRY(Relation relation, ResolveInformationSchema(world_, job_, path));
  seen_[{relation.identity, -1}].is_view = true;
  return relation;
}

Result<int64_t> QueryCatalog::BytesOf(const Statement::Read& read) {
  const auto found = seen_.find({read.identity, InstantKey(read.as_of)});
  if (found == seen_.end()) return 0;
  const Seen& seen = found->second;
  if (seen.is_view) {
    const bool more =
        read.identity == "INFORMATION_SCHEMA.JOBS" && world_.silences.Is("jobs-view-bills", "more");
    return more ? 5 * kLeastBilled : kLeastBilled;
  }
  std::vector<Column> columns;
  const auto& all =
      seen.slice.at_ms ? seen.table.ColumnsAt(*seen.slice.at_ms) : seen.table.Columns();
  for (const std::string& name : read.columns) {
    if (const Column* column = FindColumn(all, name)) columns.push_back(*column);
  }
  if (columns.empty()) return 0;
  SALVOR_TRY(const RowTotals totals,
             world_.store.rows().Totals(seen.table, seen.slice, columns, read.duck_partition_filter,
                                        PseudoItems(seen.table)));
  return totals.bytes;
}

Result<int64_t> QueryCatalog::BytesOfRows(const Statement::Read& read) {
  const auto found = seen_.find({read.identity, InstantKey(read.as_of)});
  if (found == seen_.end() || found->second.is_view) return 0;
  Statement::Read whole = read;
  whole.columns.clear();
  for (const Column& column : found->second.table.Columns()) {
    whole.columns.push_back(column.field.name);
  }
  return BytesOf(whole);
}

Json QueryCatalog::ReferencesOf(const std::vector<Statement::Read>& reads) const {
  Json references = Json::array();
  for (const Statement::Read& read : reads) {
    const auto found = seen_.find({read.identity, InstantKey(read.as_of)});
    if (found == seen_.end() || found->second.is_view) continue;
    Json reference = found->second.table.name.Reference();
    if (std::find(references.begin(), references.end(), reference) == references.end()) {
      references.push_back(std::move(reference));
    }
  }
  return references;
}

}  // namespace salvor::testing::bigquery
