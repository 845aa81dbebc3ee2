// What was read back, partition by partition: `salvor verify` as values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "salvor/partition.h"

#pragma GCC visibility push(default)
namespace salvor {

struct PartitionProof {
  Partition partition;
  bool proven = false;
  int64_t planned_rows = 0;
  int64_t staged_rows = 0;    ///< in the private copy
  int64_t restored_rows = 0;  ///< in the table, as of the version that apply wrote
  std::string problem;        ///< what failed, for a person; empty if proven
};

struct Proof {
  bool proven = false;  ///< every partition is
  int64_t version = 0;  ///< the version that apply wrote
  std::vector<PartitionProof> partitions;
  std::vector<std::string> changed_since;  ///< later events that touched them
  std::string json;                        ///< proof.json, byte for byte
};

}  // namespace salvor
#pragma GCC visibility pop
