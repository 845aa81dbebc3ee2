// A partition's identity, and how much is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace salvor {

/// A partition column of the table.
struct Column {
  std::string name;  ///< as users see it
  std::string type;  ///< "string", "integer", "date", "timestamp", ...: as plan.json has it
};

struct Partition {
  /// In the order of the table's partition columns, in canonical text: an integer without leading
  /// zeros, a date as 2026-11-22. No value is NULL. A table without partitions has one, with no
  /// values.
  std::vector<std::optional<std::string>> values;
  /// For people: "2024-01-02", "country=DE, day=2024-01-02", "(whole table)". Escape it before a
  /// terminal sees it: values come from the table.
  std::string name;
};

struct Amount {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t files = 0;  ///< 0 where the warehouse has no files
};

}  // namespace salvor
#pragma GCC visibility pop
