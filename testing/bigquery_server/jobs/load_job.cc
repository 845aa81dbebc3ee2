#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/row_json.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kRowsPerStatement = 10'000;

Error BadLine(size_t line, const std::string& why) {
  return ApiError("invalid",
                  "Error while reading data, error message: JSON table encountered too "
                  "many errors, giving up. Rows: " +
                      std::to_string(line) + "; errors: 1. " + why);
}

Result<Table*> FindOrMake(World& world, const Job& job, const Json& config, const TableName& name,
                          int64_t at_ms) {
  if (world.store.Exists(name)) return world.store.FindTable(name);
  if (TextAt(config, "createDisposition") == "CREATE_NEVER") return world.store.FindTable(name);
  if (Find(config, "schema") == nullptr) {
    return Refuse("invalid", "No schema specified on job or table.");
  }
  SALVOR_TRY(Dataset* const dataset, world.store.FindDataset(name.project, name.dataset));
  SALVOR_OK(world.authority.WantDataset(job.principal, "bigquery.tables.create", *dataset));
  Json body = {{"schema", config["schema"]}};
  for (const char* member : {"timePartitioning", "rangePartitioning", "clustering"}) {
    if (const Json* value = Find(config, member)) body[member] = *value;
  }
  if (const Json* key = Find(config, "destinationEncryptionConfiguration")) {
    body["encryptionConfiguration"] = *key;
  }
  SALVOR_TRY(Table table, TableOf(name, body));
  return world.store.AddTable(std::move(table), at_ms);
}

Status Prepare(World& world, const Job& job, Table& table,
               const std::optional<std::string>& partition, const std::string& write,
               int64_t at_ms) {
  SALVOR_OK(world.authority.WantTable(job.principal, "bigquery.tables.updateData", table));
  if (table.type != "TABLE") return Refuse("invalid", "Cannot load into a " + table.type);
  if (partition) SALVOR_OK(CheckPartitionId(table.partitioning, *partition, table.name.Text()));
  const Slice slice{.partition = partition};
  if (write == "WRITE_EMPTY") {
    SALVOR_TRY(const RowTotals there, world.store.rows().Totals(table, slice, {}));
    if (there.rows > 0) return Refuse("duplicate", "Already Exists: Table " + table.name.Text());
  } else if (write == "WRITE_TRUNCATE") {
    SALVOR_TRY([[maybe_unused]] const int64_t gone, world.store.rows().End(table, slice, at_ms));
    // As TRUNCATE TABLE does, whether or not one partition is named.
    table.row_policies = Json::array();
  }
  return Done{};
}

// The lines of the upload, placed; stops at the first bad one.
Result<int64_t> LoadLines(World& world, const Job& job, const Table& table,
                          const std::optional<std::string>& partition, bool ignore_unknown,
                          int64_t at_ms) {
  Rows::Placed place{at_ms, partition, false};
  if (table.partitioning.ByIngestion() && !partition) {
    place.partition = PartitionIdOf(table.partitioning, at_ms);
  }
  std::vector<Json> rows;
  int64_t loaded = 0;
  const auto flush = [&]() -> Status {
    if (rows.empty()) return Done{};
    const auto count = world.store.rows().Insert(table, SelectOfRows(table.Columns(), rows), place);
    if (!count) return Fail(BadLine(static_cast<size_t>(loaded), count.error().what));
    loaded += *count;
    rows.clear();
    return Done{};
  };
  size_t number = 0;
  std::string_view rest = job.load_bytes;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    ++number;
    const Json row = Json::parse(line, nullptr, false);
    if (row.is_discarded()) return Fail(BadLine(number, "Parser terminated before end of string"));
    auto placed = PlacedRow(table.Columns(), row, ignore_unknown);
    if (!placed) return Fail(BadLine(number, placed.error().what));
    rows.push_back(std::move(*placed));
    if (rows.size() >= kRowsPerStatement) SALVOR_OK(flush());
  }
  SALVOR_OK(flush());
  return loaded;
}

}  // namespace

Status RunLoad(World& world, Job& job, int64_t at_ms) {
  const Json& config = job.configuration.at("load");
  const Json* destination = Find(config, "destinationTable");
  if (destination == nullptr) {
    return Refuse("required", "Required parameter is missing: destinationTable");
  }
  if (TextAt(config, "sourceFormat") != "NEWLINE_DELIMITED_JSON") {
    return Refuse("invalid", "This server loads NEWLINE_DELIMITED_JSON only");
  }
  SALVOR_TRY(const Decorated decorated, ParseDecorated(TextAt(*destination, "tableId")));
  const TableName name{TextAt(*destination, "projectId", job.project),
                       TextAt(*destination, "datasetId"), decorated.table};
  SALVOR_TRY(Dataset* const dataset, world.store.FindDataset(name.project, name.dataset));
  if (dataset->Location() != job.location) {
    return Refuse("notFound", "Not found: Dataset " + dataset->Text() +
                                  " was not found in location " + job.location);
  }
  const std::string write = TextAt(config, "writeDisposition", "WRITE_APPEND");
  SALVOR_OK(CheckDisposition(write, TextAt(config, "createDisposition", "CREATE_IF_NEEDED")));
  Store::Change change(world.store, at_ms);
  SALVOR_TRY(Table* const table, FindOrMake(world, job, config, name, change.at_ms()));
  if (table->partitioning.kind != Partitioning::Kind::kNone) {
    SALVOR_OK(SpendPartitionUpdate(world, *table, change.at_ms()));
  }
  SALVOR_OK(Prepare(world, job, *table, decorated.partition, write, change.at_ms()));
  SALVOR_TRY(const int64_t loaded,
             LoadLines(world, job, *table, decorated.partition,
                       FlagAt(config, "ignoreUnknownValues"), change.at_ms()));
  if (decorated.partition && !table->partitioning.ByIngestion()) {
    SALVOR_OK(RefuseAstray(world, *table, *decorated.partition, change.at_ms()));
  }
  SALVOR_OK(CheckPartitionsOf(world, *table));
  world.store.Touch(*table, change.at_ms());
  SALVOR_OK(change.Commit());
  job.statistics["load"] = {{"inputFiles", "1"},
                            {"inputFileBytes", std::to_string(job.load_bytes.size())},
                            {"outputRows", std::to_string(loaded)},
                            {"outputBytes", std::to_string(job.load_bytes.size())},
                            {"badRecords", "0"}};
  job.load_bytes.clear();
  return world.store.ExpirePartitions(*table);
}

}  // namespace salvor::testing::bigquery
