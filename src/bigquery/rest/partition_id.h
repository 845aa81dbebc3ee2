// The service's names of partitions ("2026011503", "20260115", "202601", "2026", "-500",
// "__NULL__",
// "__UNPARTITIONED__") and the keys that the rest of salvor speaks of. Pure.
//
// Source: "Introduction to partitioned tables" (partition decorators),
// "INFORMATION_SCHEMA.PARTITIONS view".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/rest/client.h"
#include "model/partition.h"

namespace salvor::bigquery {

inline constexpr std::string_view kNullId = "__NULL__";
// Of salvor's own: all of another table that had this name before.
inline constexpr std::string_view kEarlierTable = "__EARLIER_TABLE__";

// The one partition column; none for a table that is not partitioned. A day, a month and a year are
// dates (their first day), an hour is a time, a range is the integer that it begins with. By
// ingestion time the column is _PARTITIONTIME.
std::vector<model::PartitionColumn> PartitionColumnsOf(const Table& table);

// kCorrupt for an id that such a table cannot have.
Result<model::PartitionKey> KeyOfPartition(const Table& table, std::string_view id);
// "" for a table that is not partitioned. kInvalidArgument for a key that names no whole partition
// of such a table: a day that does not begin its month, a number between two ranges.
Result<std::string> PartitionIdOf(const Table& table, const model::PartitionKey& key);

// The place of a partition among all that there could be, or nothing for the special ones; and the
// partition of a place. Neighbours differ by one.
std::optional<int64_t> PlaceOf(const Partitioning& partitioning, std::string_view id);
std::string IdAt(const Partitioning& partitioning, int64_t place);

// The instant from which a partition's age counts, for partitions of time.
std::optional<Instant> StartOf(const Partitioning& partitioning, std::string_view id);
// When it goes by itself; nothing if it does not.
std::optional<Instant> ExpiryOf(const Partitioning& partitioning, std::string_view id);

}  // namespace salvor::bigquery
