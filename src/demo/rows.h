// The rows of the demo's table: invented, and the same for the same day on every machine, so that
// figures about old days can be quoted. Pure: SQL text in DuckDB's dialect, nothing is run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace salvor::demo {

// A column of contextual_services_derived.event_aggregates_v1. BigQuery's INTEGER has 64 bits.
enum class ColumnType { kDate, kString, kLong, kBoolean };

struct Column {
  std::string_view name;
  ColumnType type;
};

// In the table's order. The first one, submission_date, partitions it.
std::span<const Column> Columns();

// A query with these columns for the days from `first` to `last` (days since 1970-01-01, both
// included, none before 1970): some fifty rows a day, fewer at weekends, none of them twice.
std::string RowsQuery(int64_t first, int64_t last);

}  // namespace salvor::demo
