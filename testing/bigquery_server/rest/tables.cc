// tables.* of the REST API, decorators included. Source: rest/v2/tables.
#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"
#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {

namespace {

TableName NameOf(const Call& call, const std::string& table) {
  return {call.Part("projectId"), call.Part("datasetId"), table};
}

Result<Answer> Get(World& world, const Call& call) {
  const std::string& id = call.Part("tableId");
  SALVOR_TRY(Decorated decorated, ParseDecorated(id));
  if (decorated.at && world.silences.Is("past-in-get", "refused")) {
    return Refuse("invalid", "Invalid table decorator \"" + id + "\"");
  }
  if (world.silences.Is("past-in-get", "now")) decorated.at.reset();
  SALVOR_TRY(const Sighting seen,
             Look(world.store, NameOf(call, decorated.table), decorated, Purpose::kMetadata));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.get", *seen.table));
  if (decorated.at) SALVOR_OK(WantPast(world.authority, call.principal, *seen.table));
  SALVOR_TRY(Json resource, TableResource(world, *seen.table, seen.slice));
  if (decorated.partition) {
    resource["tableReference"]["tableId"] = decorated.table + "$" + *decorated.partition;
    resource["id"] = seen.table->name.Text() + "$" + *decorated.partition;
  }
  const std::string view = call.Query("view");
  if (view == "BASIC") {
    for (const char* name : {"numRows", "numBytes", "numLongTermBytes", "lastModifiedTime"}) {
      resource.erase(name);
    }
  }
  return Answer{200, resource};
}

Result<Answer> Insert(World& world, const Call& call) {
  const std::string id = TextAt(call.json, "tableReference.tableId");
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(call.Part("projectId"), call.Part("datasetId")));
  SALVOR_OK(world.authority.WantDataset(call.principal, "bigquery.tables.create", *dataset));
  SALVOR_TRY(Table table, TableOf(NameOf(call, id), call.json));
  const auto expiration = NumberAt(table.body, "expirationTime");
  if (expiration && *expiration <= world.clock.NowMs()) {
    return Refuse("invalid", "Invalid value for expirationTime: must be in the future");
  }
  if (table.RequiresFilter() && table.partitioning.kind == Partitioning::Kind::kNone) {
    return Refuse("invalid", "requirePartitionFilter needs a partitioned table");
  }
  Store::Change change(world.store, world.clock.NowMs());
  SALVOR_TRY(Table* const stored, world.store.AddTable(std::move(table), change.at_ms()));
  SALVOR_OK(change.Commit());
  SALVOR_TRY(Json resource, TableResource(world, *stored, {}));
  return Answer{200, resource};
}

Result<Answer> List(World& world, const Call& call) {
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(call.Part("projectId"), call.Part("datasetId")));
  SALVOR_OK(world.authority.WantDataset(call.principal, "bigquery.tables.list", *dataset));
  std::vector<Json> all;
  for (const auto& [id, lives] : dataset->tables) {
    if (lives.back().deleted_ms == kForever) all.push_back(TableListItem(lives.back()));
  }
  Json body = {{"kind", "bigquery#tableList"},
               {"etag", "\"list\""},
               {"totalItems", static_cast<int64_t>(all.size())}};
  SALVOR_OK(LayPage(all, "tables", call, body));
  return Answer{200, body};
}

Result<Answer> Change(World& world, const Call& call, bool whole) {
  SALVOR_TRY(Table* const table, world.store.FindTable(NameOf(call, call.Part("tableId"))));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.update", *table));
  SALVOR_OK(CheckMatch(call, table->Etag()));
  if (table->type == "SNAPSHOT" && call.json.contains("schema")) {
    return Refuse("invalid", "A table snapshot is read-only: " + table->name.Text());
  }
  Json changes = call.json;
  if (whole) {
    for (const auto& [name, value] : table->body.items()) {
      if (!changes.contains(name)) changes[name] = nullptr;
    }
  }
  Store::Change change(world.store, world.clock.NowMs());
  SALVOR_OK(PatchTable(world, *table, changes, change.at_ms()));
  SALVOR_OK(change.Commit());
  SALVOR_OK(world.store.ExpirePartitions(*table));
  SALVOR_TRY(Json resource, TableResource(world, *table, {}));
  return Answer{200, resource};
}

Result<Answer> Patch(World& world, const Call& call) { return Change(world, call, false); }

Result<Answer> Update(World& world, const Call& call) { return Change(world, call, true); }

// tables.delete on t$P takes one partition away. It is no job, and no log tells of it.
Result<Answer> DeletePartition(World& world, const Call& call, Table& table,
                               const std::string& id) {
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.updateData", table));
  SALVOR_OK(CheckPartitionId(table.partitioning, id, table.name.Text()));
  Store::Change change(world.store, world.clock.NowMs());
  SALVOR_TRY(const int64_t gone, world.store.rows().End(table, {.partition = id}, change.at_ms()));
  if (gone == 0) {
    return Refuse("notFound", "Not found: Partition " + table.name.Text() + "$" + id);
  }
  world.store.Touch(table, change.at_ms());
  SALVOR_OK(change.Commit());
  return Answer{204};
}

Result<Answer> Delete(World& world, const Call& call) {
  SALVOR_TRY(const Decorated decorated, ParseDecorated(call.Part("tableId")));
  if (decorated.at) return Refuse("invalid", "A past table cannot be deleted");
  SALVOR_TRY(Table* const table, world.store.FindTable(NameOf(call, decorated.table)));
  if (decorated.partition) return DeletePartition(world, call, *table, *decorated.partition);
  SALVOR_OK(world.authority.WantTable(
      call.principal,
      table->type == "SNAPSHOT" ? "bigquery.tables.deleteSnapshot" : "bigquery.tables.delete",
      *table));
  SALVOR_OK(CheckMatch(call, table->Etag()));
  Store::Change change(world.store, world.clock.NowMs());
  world.store.EndTable(*table, change.at_ms());
  SALVOR_OK(change.Commit());
  return Answer{204};
}

}  // namespace

std::vector<Route> TableRoutes() {
  constexpr std::string_view kAll = "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables";
  constexpr std::string_view kOne =
      "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}";
  return {
      {"tables.insert", "POST", kAll, {}, Insert},
      {"tables.list", "GET", kAll, {"maxResults", "pageToken"}, List},
      {"tables.get", "GET", kOne, {"selectedFields", "view"}, Get},
      {"tables.patch", "PATCH", kOne, {"autodetect_schema"}, Patch},
      {"tables.update", "PUT", kOne, {"autodetect_schema"}, Update},
      {"tables.delete", "DELETE", kOne, {}, Delete},
  };
}

}  // namespace salvor::testing::bigquery
