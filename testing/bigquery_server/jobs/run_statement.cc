#include "testing/bigquery_server/jobs/run_statement.h"

#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/row_json.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kLargestResult = 2'000'000;

}  // namespace

Error RunTimeError(Error error) {
  constexpr std::string_view kPrefix = "DuckDB: ";
  if (!error.what.starts_with(kPrefix)) return error;
  return ApiError("invalidQuery",
                  RunTimeMessage(std::string_view(error.what).substr(kPrefix.size())), "query");
}

std::string StatementTypeOf(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kSelect:
      return "SELECT";
    case StatementKind::kInsert:
      return "INSERT";
    case StatementKind::kUpdate:
      return "UPDATE";
    case StatementKind::kDelete:
      return "DELETE";
    case StatementKind::kMerge:
      return "MERGE";
    case StatementKind::kTruncate:
      return "TRUNCATE_TABLE";
    case StatementKind::kCreateTable:
    case StatementKind::kCreateTableClone:
      return "CREATE_TABLE";
    case StatementKind::kCreateTableAsSelect:
      return "CREATE_TABLE_AS_SELECT";
    case StatementKind::kCreateSnapshotTable:
      return "CREATE_SNAPSHOT_TABLE";
    case StatementKind::kDropTable:
      return statement.drop_snapshot ? "DROP_SNAPSHOT_TABLE" : "DROP_TABLE";
    case StatementKind::kAlterTable:
      return "ALTER_TABLE";
    case StatementKind::kCreateRowAccessPolicy:
      return "CREATE_ROW_ACCESS_POLICY";
    case StatementKind::kDropRowAccessPolicies:
      return "DROP_ROW_ACCESS_POLICY";
    case StatementKind::kBeginTransaction:
      return "BEGIN_TRANSACTION";
    case StatementKind::kCommitTransaction:
      return "COMMIT_TRANSACTION";
    case StatementKind::kRollbackTransaction:
      return "ROLLBACK_TRANSACTION";
    case StatementKind::kAssert:
      return "ASSERT";
  }
  return "STATEMENT_TYPE_UNSPECIFIED";
}

bool IsDml(StatementKind kind) {
  return kind == StatementKind::kInsert || kind == StatementKind::kUpdate ||
         kind == StatementKind::kDelete || kind == StatementKind::kMerge ||
         kind == StatementKind::kTruncate;
}

bool IsDdl(StatementKind kind) {
  switch (kind) {
    case StatementKind::kCreateTable:
    case StatementKind::kCreateTableAsSelect:
    case StatementKind::kCreateTableClone:
    case StatementKind::kCreateSnapshotTable:
    case StatementKind::kDropTable:
    case StatementKind::kAlterTable:
    case StatementKind::kCreateRowAccessPolicy:
    case StatementKind::kDropRowAccessPolicies:
      return true;
    default:
      return false;
  }
}

Status StatementRun::Execute(const std::string& sql) {
  Status done = world_.store.rows().duck().Run(sql);
  if (!done) return Fail(RunTimeError(std::move(done).error()));
  return done;
}

Result<Outcome> StatementRun::Run(const Statement& statement, int64_t at_ms) {
  switch (statement.kind) {
    case StatementKind::kSelect:
      return Select(statement, at_ms);
    case StatementKind::kAssert:
      return Assert(statement);
    case StatementKind::kInsert:
      return Insert(statement, at_ms);
    case StatementKind::kUpdate:
    case StatementKind::kDelete:
      return Change(statement, at_ms);
    case StatementKind::kMerge:
      return Merge(statement, at_ms);
    case StatementKind::kTruncate:
      return Truncate(statement, at_ms);
    case StatementKind::kCreateTable:
    case StatementKind::kCreateTableAsSelect:
      return Create(statement, at_ms);
    case StatementKind::kCreateTableClone:
    case StatementKind::kCreateSnapshotTable:
      return Clone(statement, at_ms);
    case StatementKind::kDropTable:
      return Drop(statement, at_ms);
    case StatementKind::kAlterTable:
      return Alter(statement, at_ms);
    case StatementKind::kCreateRowAccessPolicy:
      return CreatePolicy(statement, at_ms);
    case StatementKind::kDropRowAccessPolicies:
      return DropPolicies(statement, at_ms);
    default:
      return Outcome{};  // transactions are the caller's
  }
}

Result<Outcome> StatementRun::Select(const Statement& statement, int64_t at_ms) {
  Outcome outcome;
  const Json config = job_.configuration.value("query", Json::object());
  const bool writes = Find(config, "destinationTable.tableId") != nullptr &&
                      TextAt(config, "destinationTable.datasetId") != "_anonymous";
  std::string select = statement.duck_select;
  if (writes) {
    // The destination may be what is read: its rows of before are meant.
    SALVOR_OK(Execute("CREATE OR REPLACE TEMP TABLE salvor_selected AS " + select));
    select = "SELECT * FROM salvor_selected";
    SALVOR_TRY([[maybe_unused]] const int64_t count, WriteResult(statement, select, config, at_ms));
  }
  auto rows = RestRows(world_.store.rows().duck(), select, statement.result, kLargestResult);
  if (!rows) return Fail(RunTimeError(std::move(rows).error()));
  outcome.result = std::make_shared<const ResultSet>(ResultSet{statement.result, *std::move(rows)});
  return outcome;
}

// A SELECT whose job names a destination table.
Result<int64_t> StatementRun::WriteResult(const Statement& statement, const std::string& select,
                                          const Json& config, int64_t at_ms) {
  const std::string write = TextAt(config, "writeDisposition", "WRITE_EMPTY");
  const std::string create = TextAt(config, "createDisposition", "CREATE_IF_NEEDED");
  SALVOR_OK(CheckDisposition(write, create));
  SALVOR_TRY(const Decorated decorated, ParseDecorated(TextAt(config, "destinationTable.tableId")));
  SALVOR_TRY(const TableName name,
             catalog_.NameOf({TextAt(config, "destinationTable.projectId", job_.project),
                              TextAt(config, "destinationTable.datasetId"), decorated.table}));
  if (!world_.store.Exists(name)) {
    if (create == "CREATE_NEVER") return Fail(world_.store.FindTable(name).error());
    SALVOR_TRY(Dataset* const dataset, world_.store.FindDataset(name.project, name.dataset));
    SALVOR_OK(world_.authority.WantDataset(job_.principal, "bigquery.tables.create", *dataset));
    Json body = Json::object();
    for (const char* member : {"timePartitioning", "rangePartitioning", "clustering"}) {
      if (const Json* value = Find(config, member)) body[member] = *value;
    }
    std::vector<Column> columns;
    for (const Field& field : statement.result) columns.push_back(ColumnOf(field));
    body["schema"] = SchemaResource(columns);
    SALVOR_TRY(Table table, TableOf(name, body));
    SALVOR_TRY([[maybe_unused]] Table* const made, world_.store.AddTable(std::move(table), at_ms));
  }
  SALVOR_TRY(Table* const table, world_.store.FindTable(name));
  SALVOR_OK(world_.authority.WantTable(job_.principal, "bigquery.tables.updateData", *table));
  if (decorated.partition) {
    SALVOR_OK(CheckPartitionId(table->partitioning, *decorated.partition, name.Text()));
  }
  const Slice slice{.partition = decorated.partition};
  SALVOR_TRY(const RowTotals there, world_.store.rows().Totals(*table, slice, {}));
  if (write == "WRITE_EMPTY" && there.rows > 0) {
    return Refuse("duplicate", "Already Exists: Table " + name.Text());
  }
  if (write == "WRITE_TRUNCATE") {
    SALVOR_TRY([[maybe_unused]] const int64_t gone, world_.store.rows().End(*table, slice, at_ms));
  }
  bool same = statement.result.size() == table->Columns().size();
  for (size_t i = 0; same && i < statement.result.size(); ++i) {
    same = SameText(statement.result[i].name, table->Columns()[i].field.name);
  }
  if (!same) {
    return Refuse("invalid", "Provided Schema does not match Table " + name.Text() + ".");
  }
  Rows::Placed place{at_ms, decorated.partition, false, {}};
  if (table->partitioning.ByIngestion() && !decorated.partition) {
    place.partition = PartitionIdOf(table->partitioning, at_ms);
  }
  auto count = world_.store.rows().Insert(*table, select, place);
  if (!count) return Fail(RunTimeError(std::move(count).error()));
  if (decorated.partition && !table->partitioning.ByIngestion()) {
    SALVOR_OK(RefuseAstray(world_, *table, *decorated.partition, at_ms));
  }
  SALVOR_OK(CheckPartitions(*table, at_ms));
  world_.store.Touch(*table, at_ms);
  return *count;
}

Result<Outcome> StatementRun::Assert(const Statement& statement) {
  auto rows = RestRows(world_.store.rows().duck(), statement.duck_select, statement.result, 2);
  if (!rows) return Fail(RunTimeError(std::move(rows).error()));
  const bool holds = rows->size() == 1 && rows->front()["f"][0]["v"] == "true";
  if (holds) return Outcome{};
  return Refuse("invalidQuery",
                statement.assert_message.empty() ? "Assertion failed" : statement.assert_message,
                "query");
}

}  // namespace salvor::testing::bigquery
