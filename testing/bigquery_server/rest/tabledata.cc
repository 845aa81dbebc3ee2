// tabledata.list and tabledata.insertAll. Source: rest/v2/tabledata,
// bigquery/docs/streaming-data-into-bigquery (the streaming buffer).
#include <set>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"
#include "testing/bigquery_server/store/row_json.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kLargestPage = 100'000;
constexpr size_t kLargestResult = 2'000'000;
constexpr size_t kRowsPerInsert = 50'000;

// The anonymous table in which a query's result lies: named after its job.
Result<Answer> ListResult(World& world, const Call& call, const std::string& id) {
  SALVOR_TRY(const Job* const job, world.jobs.Find(call.Part("projectId"), "", id));
  if (job->result == nullptr) return Refuse("notFound", "Not found: Table " + id);
  const auto& rows = job->result->rows;
  SALVOR_TRY(const Page page, PageOf(call, rows.size(), kLargestPage));
  Json body = {{"kind", "bigquery#tableDataList"},
               {"etag", "\"rows\""},
               {"totalRows", std::to_string(rows.size())}};
  const bool micros = call.Query("formatOptions.useInt64Timestamp") == "True" ||
                      call.Query("formatOptions.useInt64Timestamp") == "true";
  for (size_t i = page.from; i < page.to; ++i) {
    body["rows"].push_back(micros ? rows[i] : WithFloatTimestamps(rows[i], job->result->fields));
  }
  if (page.to < rows.size() && page.to > page.from) body["pageToken"] = PageToken(page.to);
  return Answer{200, body};
}

Result<Answer> List(World& world, const Call& call) {
  if (call.Part("datasetId") == "_anonymous") {
    return ListResult(world, call, call.Part("tableId").substr(4));  // "anon" + job's id
  }
  SALVOR_TRY(const Decorated decorated, ParseDecorated(call.Part("tableId")));
  SALVOR_TRY(const Sighting seen,
             Look(world.store, {call.Part("projectId"), call.Part("datasetId"), decorated.table},
                  decorated, Purpose::kMetadata));
  const Table& table = *seen.table;
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.getData", table));
  if (decorated.at) SALVOR_OK(WantPast(world.authority, call.principal, table));
  if (!table.HoldsRows()) {
    return Refuse("invalid", "Cannot list a table of type " + table.type + ".");
  }
  const auto& columns = seen.slice.at_ms ? table.ColumnsAt(*seen.slice.at_ms) : table.Columns();
  std::vector<Field> fields;
  for (const Column& column : columns) fields.push_back(column.field);
  Slice slice = seen.slice;
  slice.with_buffer = true;
  SALVOR_TRY(const RowTotals totals, world.store.rows().Totals(table, slice, columns));
  SALVOR_TRY(const Page page, PageOf(call, static_cast<size_t>(totals.rows), kLargestPage));
  const std::string sql = "SELECT * EXCLUDE (salvor_rowid) FROM " +
                          world.store.rows().Select(table, slice, {"rowid AS salvor_rowid"}) +
                          " AS t ORDER BY salvor_rowid LIMIT " +
                          std::to_string(page.to - page.from) + " OFFSET " +
                          std::to_string(page.from);
  SALVOR_TRY(const std::vector<Json> rows,
             RestRows(world.store.rows().duck(), sql, fields, kLargestResult));
  Json body = {{"kind", "bigquery#tableDataList"},
               {"etag", table.Etag()},
               {"totalRows", std::to_string(totals.rows)}};
  const bool micros = call.Query("formatOptions.useInt64Timestamp") == "True" ||
                      call.Query("formatOptions.useInt64Timestamp") == "true";
  for (const Json& row : rows) {
    body["rows"].push_back(micros ? row : WithFloatTimestamps(row, fields));
  }
  if (page.to < static_cast<size_t>(totals.rows) && page.to > page.from) {
    body["pageToken"] = PageToken(page.to);
  }
  return Answer{200, body};
}

// Rows past the first `row` are told to have stopped, as the service does without skipInvalidRows.
Json InsertErrors(const Json& rows, size_t wrong, const Error& error) {
  Json errors = Json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    Json one = i == wrong ? ErrorProto(error, "invalid")
                          : Json{{"reason", "stopped"}, {"message", ""}, {"location", ""}};
    errors.push_back({{"index", i}, {"errors", Json::array({one})}});
  }
  return errors;
}

Result<Answer> InsertAll(World& world, const Call& call) {
  SALVOR_OK(RefuseUnknown(
      call.json,
      {"kind", "skipInvalidRows", "ignoreUnknownValues", "templateSuffix", "rows", "traceId"},
      "insertAll"));
  SALVOR_TRY(const Decorated decorated, ParseDecorated(call.Part("tableId")));
  if (decorated.at) return Refuse("invalid", "Rows cannot be streamed into a table's past");
  SALVOR_TRY(Table* const table, world.store.FindTable({call.Part("projectId"),
                                                        call.Part("datasetId"), decorated.table}));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.updateData", *table));
  if (table->type != "TABLE") return Refuse("invalid", "Cannot add rows to a " + table->type);
  if (decorated.partition && !table->partitioning.ByIngestion()) {
    return Refuse("invalid",
                  "Streaming to a partition of a column-partitioned table is not "
                  "supported: " +
                      table->name.Text());
  }
  const Json rows = call.json.value("rows", Json::array());
  if (rows.empty()) return Refuse("invalid", "No rows present in the request.");
  if (rows.size() > kRowsPerInsert) return Refuse("invalid", "Too many rows in one request");
  std::vector<Json> placed;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto row = PlacedRow(table->Columns(), rows[i].value("json", Json::object()),
                         FlagAt(call.json, "ignoreUnknownValues"));
    if (!row) {
      return Answer{200, Json{{"kind", "bigquery#tableDataInsertAllResponse"},
                              {"insertErrors", InsertErrors(rows, i, row.error())}}};
    }
    placed.push_back(std::move(*row));
  }
  Store::Change change(world.store, world.clock.NowMs());
  Rows::Placed place{change.at_ms(), decorated.partition, true};
  const auto count =
      world.store.rows().Insert(*table, SelectOfRows(table->Columns(), placed), place);
  if (!count) return Refuse("invalid", "A value cannot be converted: " + count.error().what);
  if (table->buffered_since_ms == 0) table->buffered_since_ms = change.at_ms();
  SALVOR_OK(change.Commit());
  return Answer{200, Json{{"kind", "bigquery#tableDataInsertAllResponse"}}};
}

}  // namespace

std::vector<Route> TabledataRoutes() {
  return {
      {"tabledata.list",
       "GET",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}/data",
       {"maxResults", "pageToken", "startIndex", "selectedFields",
        "formatOptions.useInt64Timestamp", "formatOptions.timestampOutputFormat"},
       List},
      {"tabledata.insertAll",
       "POST",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}/insertAll",
       {},
       InsertAll},
  };
}

}  // namespace salvor::testing::bigquery
