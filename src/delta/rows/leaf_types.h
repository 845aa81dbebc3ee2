// Delta's primitive types in DuckDB's words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::delta {

// The type that a column of this Delta type is read as: "long" is BIGINT.
// kUnsupported for a type that salvor does not read (variant, geometry, one it
// does not know).
Result<std::string> SqlType(std::string_view primitive);

// SQL that turns `value`, of the file's type as parquet_schema names it, into
// the column's type; `value` itself where they are the same. Only readings that
// keep every value: the same type written otherwise, and what Delta's type
// widening allows. kUnsupported otherwise.
Result<std::string> CastLeaf(const std::string& value, std::string_view primitive,
                             std::string_view file_type);

}  // namespace salvor::delta
