// The state of a table beside its files, from its protocol and metaData actions.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/protocol/partition_value.h"
#include "model/partition.h"

namespace salvor::delta {

// What decides, beside its files, which of a table's files may be read and written, and how.
struct TableConfiguration {
  Protocol protocol;
  Metadata metadata;
};

// The configuration of one version, with what follows from it for partitions.
struct TableHead : TableConfiguration {
  int64_t version = 0;
  Instant at;
  std::vector<model::PartitionColumn> columns;
  std::vector<std::string> physical_partition_columns;  // the keys in partitionValues, same order
  std::vector<PartitionType> partition_types;           // same order
};

// Under the exact physical name, and nothing else: a key in other case, or the logical one, does
// not count, and without a key the value is NULL, as for every reader that opens such a table.
PartitionValue ValueOf(const TableHead& head, size_t column, const PartitionValues& values);
// The partition that these values mean.
model::PartitionKey KeyOf(const TableHead& head, const PartitionValues& values);

// kCorrupt for actions that contradict each other, kUnsupported for a partition column of a type
// that cannot be one, and as CheckReadable says.
Result<TableHead> MakeTableHead(int64_t version, Instant at, nlohmann::json protocol,
                                nlohmann::json metadata);

// True if files written under `a` mean the same partitions under `b`.
bool SamePartitioning(const TableHead& a, const TableHead& b);

}  // namespace salvor::delta
