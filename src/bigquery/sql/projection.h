// Rows by the names of their columns. Two tables that had one schema once may have moved apart: a
// column was added, moved, widened or renamed by case, at the top or inside a struct. What stands
// here reads the rows of one of them in the shape of the other, by name at every level. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// BigQuery compares names without regard to case. Nothing if there is none of that name.
const Field* FindField(const std::vector<Field>& fields, std::string_view name);

// GoogleSQL's name of the type: INT64 for INTEGER, "STRUCT<`a` INT64>" for a RECORD, "ARRAY<...>"
// where the field is REPEATED.
std::string GoogleSqlType(const Field& field);

// What helps where old rows lack a value that today's table requires.
inline constexpr const char* kLetBeNull =
    "Let it be NULL (ALTER COLUMN … DROP NOT NULL), and plan anew with --by-name";

// One SELECT item for each of `wanted`, "expression AS `name`", in their order, over rows of a
// table with the columns `has` under the alias `t`. What `has` lacks is NULL (an empty array where
// REPEATED). kUnsupported, naming the column, where that would lose or change something: a column
// that `wanted` lacks, a type that is not a wider one, a REQUIRED column that is not there.
Result<std::vector<std::string>> SelectItems(const std::vector<Field>& wanted,
                                             const std::vector<Field>& has);

// A STRING expression over the same rows: the whole row as text, equal for two rows exactly if they
// are the same row. NULL, the empty string, a struct of NULLs, and JSON's null are four different
// things in it; all NaN are one value, and so are 0 and -0 (as for GROUP BY). JSON is compared as
// the service writes it: 1 and 1.0 are two values there. kUnsupported, naming the column, for a
// type whose values have no canonical text: GEOGRAPHY, RANGE, INTERVAL and unknown ones.
Result<std::string> RowText(const std::vector<Field>& wanted, const std::vector<Field>& has);

}  // namespace salvor::bigquery
