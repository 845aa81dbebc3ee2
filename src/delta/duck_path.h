// File names in SQL.
#pragma once

#include <string>
#include <string_view>

namespace salvor::delta {

// A literal for functions such as read_parquet that means exactly this file: DuckDB takes a path
// with
// *, ? or [ for a pattern.
std::string QuotePath(std::string_view path);

}  // namespace salvor::delta
