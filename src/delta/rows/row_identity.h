// What makes two rows the same: SQL over the columns of a file, one list of
// expressions for each schema that a file may have, so that equal rows of
// differently written files give equal values.
//
// The values are compared as the table would show them (renamed, widened, NULL
// where a column was added later), and told apart more finely than SQL's
// equality does: 0.0 and -0.0 differ, and so do NULL, an empty list, a list of
// NULL, and a struct of NULLs. All NaN are the same. A map's entries count in
// the order in which they are stored: a copy keeps it, and Spark defines no
// equality of maps.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/schema.h"
#include "delta/rows/file_schema.h"

namespace salvor::delta {

// Expressions over the file's columns. As many, with the same types, for every
// file schema. kUnsupported by the column's name for a type that cannot be
// read, or a file's type that does not mean the column's.
Result<std::vector<std::string>> IdentityExpressions(
    const Schema& schema, const std::vector<std::string>& partition_columns,
    const FileSchema& file);

// kUnsupported, by the column's name, for a table of which no file could be read so: VARIANT.
Status CheckColumnsReadable(const Schema& schema,
                            const std::vector<std::string>& partition_columns);

}  // namespace salvor::delta
