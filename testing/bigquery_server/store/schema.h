// Table schemas: REST's spelling to columns and back, and when two of them are the same.
// Source: rest/v2/tables#TableFieldSchema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

// A column of a stored table. Its rows lie in DuckDB under c<physical>, whatever it is called now.
struct Column {
  Field field;
  Json resource;         // the TableFieldSchema as it was given: mode, policyTags, description ...
  int64_t physical = 0;  // kept by clones and copies of the table; a column that was dropped and
                         // added again has another one
};

// 400 for an unknown type, member, mode; a name twice (whatever the case); too deep.
Result<std::vector<Column>> ParseSchema(const Json& schema);
// A column for a field that SQL made.
Column ColumnOf(const Field& field);
Json SchemaResource(const std::vector<Column>& columns);
// {"name", "type", "mode"} of a result's column.
Json FieldResource(const Field& field);

// Names without regard to case; nullptr if there is none.
const Column* FindColumn(const std::vector<Column>& columns, std::string_view name);

// Same names, types and modes in the same order, as a copy job wants it.
bool SameSchema(const std::vector<Column>& one, const std::vector<Column>& other);
// False where a column was dropped, renamed or added again on one side only.
bool SamePhysicalSchema(const std::vector<Column>& one, const std::vector<Column>& other);

// `ref` of a query parameter's type: {"type": "ARRAY", "arrayType": {...}}.
Result<Type> ParseParameterType(const Json& type);

std::string LowerCase(std::string_view text);
bool SameText(std::string_view one, std::string_view other);  // ASCII case aside

}  // namespace salvor::testing::bigquery
