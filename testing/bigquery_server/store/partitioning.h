// How a table is partitioned: ids, their instants, and the SQL that gives a row its id.
// Source: bigquery/docs/partitioned-tables, managing-partitioned-tables (decorators).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

inline constexpr std::string_view kNullPartition = "__NULL__";
inline constexpr std::string_view kUnpartitioned = "__UNPARTITIONED__";

struct Partitioning {
  enum class Kind { kNone, kHour, kDay, kMonth, kYear, kRange };
  Kind kind = Kind::kNone;
  std::string column = {};  // empty: by the time of ingestion
  int64_t start = 0;        // kRange: [start, end) in steps of interval
  int64_t end = 0;
  int64_t interval = 0;
  std::optional<int64_t> expiration_ms = {};

  [[nodiscard]] bool ByIngestion() const { return kind != Kind::kNone && column.empty(); }
  // Expiration aside.
  [[nodiscard]] bool SameAs(const Partitioning& other) const;
};

// From timePartitioning and rangePartitioning of a table or a job; 400 if the column is not there
// or not of a type that can be so partitioned.
Result<Partitioning> ParsePartitioning(const Json& resource, const std::vector<Column>& columns);
// Lays timePartitioning or rangePartitioning into `resource`.
void FormatPartitioning(const Partitioning& partitioning, Json& resource);

// A DuckDB expression: the id of a row whose partition column is `value`. Dates before 1960 or
// after 2159, and numbers out of the range, go to __UNPARTITIONED__.
std::string PartitionIdSql(const Partitioning& partitioning, const std::string& value);
// The id of the partition that rows ingested at that instant belong to.
std::string PartitionIdOf(const Partitioning& partitioning, int64_t millis);

// 400 for an id that this table cannot have. The two special ones are ids.
Status CheckPartitionId(const Partitioning& partitioning, std::string_view id,
                        const std::string& table);
// The first instant of a time partition.
std::optional<int64_t> PartitionStart(const Partitioning& partitioning, std::string_view id);

// "interval(type:day,field:d) clustering(a,b)", "none": as error messages say it.
std::string DescribePartitioning(const Partitioning& partitioning,
                                 const std::vector<std::string>& clustering);

}  // namespace salvor::testing::bigquery
