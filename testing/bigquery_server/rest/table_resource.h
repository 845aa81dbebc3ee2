// Tables as REST writes them.
#pragma once

#include <string>

#include "testing/bigquery_server/rest/call.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

// The whole resource of tables.get: numRows, numBytes and streamingBuffer of that slice.
Result<Json> TableResource(World& world, const Table& table, const Slice& slice);
// An entry of tables.list.
Json TableListItem(const Table& table);

// A table described by tables.insert, or by a job that makes its destination; number and instants
// are the store's to give. 400 for what the service refuses.
Result<Table> TableOf(const TableName& name, const Json& body);
// Lays a PATCH over the table: labels, expiration, schema (columns may only be added, or relaxed).
Status PatchTable(World& world, Table& table, const Json& changes, int64_t at_ms);

// 412 unless the call's If-Match is absent or this etag.
Status CheckMatch(const Call& call, const std::string& etag);

}  // namespace salvor::testing::bigquery
