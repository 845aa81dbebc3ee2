// Rows between JSON and DuckDB: what loads and streaming inserts bring in, what results give out.
#pragma once

#include <string>
#include <vector>

#include "delta/duckdb/database.h"
#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

// The row's values by place ("v0", "v1", ...), every leaf as text that DuckDB can cast. The message
// of an error says which field and why ("no such field: x."); unknown fields are refused unless
// ignored.
Result<Json> PlacedRow(const std::vector<Column>& columns, const Json& row, bool ignore_unknown);

// A SELECT that gives `rows` (as PlacedRow made them) as these columns.
std::string SelectOfRows(const std::vector<Column>& columns, const std::vector<Json>& rows);

// The rows of one statement as REST writes them. The statement must give fields.size() columns of
// these types; at most `limit` rows are taken (responseTooLarge past that).
Result<std::vector<Json>> RestRows(delta::Duck& duck, const std::string& sql,
                                   const std::vector<Field>& fields, size_t limit);

// A result's timestamps are microseconds; without formatOptions.useInt64Timestamp they go out as
// seconds with a fraction.
Json WithFloatTimestamps(const Json& row, const std::vector<Field>& fields);

}  // namespace salvor::testing::bigquery
