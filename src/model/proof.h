// The proof: what `verify` read back, partition by partition. Written into the case as proof.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/fingerprint.h"
#include "model/inventory.h"
#include "model/partition.h"

namespace salvor::model {

// What the two sides of a partition were compared by.
enum class ComparedBy {
  kFingerprints,  // of all rows of both sides
  kRows,          // every row with every other one, where rows were put beside others
  kCopiedRows,    // what the engine says that it copied as a whole, and counts of both sides
  kCounts,        // counts of both sides alone
};

// What made room for the plan's rows: as it is in the private copy, and as the table had it right
// before apply, where that can still be read.
struct ReplacedProof {
  Fingerprint saved;
  std::optional<Fingerprint> had;
};

// One planned partition, staging against table, both read in one run.
struct PartitionProof {
  PartitionKey key;
  int64_t planned_rows = 0;  // as the plan's log entries count them
  Fingerprint staged;
  Fingerprint restored;  // the applied content, in the version that apply wrote
  bool shared_files =
      false;             // both sides are the same inodes: then the counts against the log matter
  bool skipped = false;  // apply found identical rows there and added nothing
  std::optional<ReplacedProof> replaced = {};  // Mode::kInstead
  ComparedBy compared_by = ComparedBy::kFingerprints;
  bool proven = false;
  std::string problem;  // what failed, for a person; empty if proven
};

struct Proof {
  std::string plan_digest;
  std::string operation_key;
  int64_t version = 0;  // the version that apply wrote
  std::vector<PartitionColumn> columns;
  std::vector<PartitionProof> partitions;
  bool proven = false;  // every partition is
  std::string staging;  // where the private copy lies and how private it was found
  std::vector<std::string> changed_since;  // later events that touched the restored partitions
};

std::string FormatProof(const Proof& proof);  // canonical JSON, like the plan
Result<Proof> ParseProof(std::string_view bytes);

}  // namespace salvor::model
