// The text of the commits of the demo's table. Source: PROTOCOL.md of delta-io/delta, "Actions" and
// "Per-file Statistics". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "demo/history.h"

namespace salvor::demo {

// What a file's statistics say of one column.
struct ColumnStats {
  int64_t nulls = 0;
  std::optional<std::string> min;  // nothing where all values are NULL
  std::optional<std::string> max;
};

// The one data file of a day.
struct DayFile {
  int64_t day = 0;
  std::string path;  // as the log spells it
  int64_t size = 0;  // bytes
  Instant modified;
  int64_t rows = 0;
  std::vector<ColumnStats> columns;  // of Columns() without the partition's
};

// One JSON object a line; with the table's protocol and metadata if it is the first commit. `files`
// are those of the happening's days.
std::string CommitText(const Happening& happening, std::span<const DayFile> files, bool first);

}  // namespace salvor::demo
