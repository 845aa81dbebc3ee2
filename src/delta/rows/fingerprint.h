// Digests of multisets of rows, put together from those of their files.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/fingerprint.h"
#include "model/partition.h"

namespace salvor::delta {

__extension__ using Unsigned128 = unsigned __int128;

// The rows of one file, without their partition values.
struct RowDigest {
  int64_t rows = 0;
  Unsigned128 sum = 0;
  uint64_t exclusive_or = 0;

  void Add(const RowDigest& other);
};

// Rows by partition, as the files' digests come. A partition's values are the
// same in all its rows, so they enter once for each partition, not once for
// each row: the fingerprint does not depend on how the rows are spread over
// files, and differs if a partition's values do.
class FingerprintBuilder {
 public:
  void Add(const model::PartitionKey& key, const RowDigest& digest);
  [[nodiscard]] model::Fingerprint Finish(std::string algorithm) const;

 private:
  std::map<std::string, RowDigest> by_partition_;  // by the key in a form without ambiguity
};

// Different for different keys, whatever their values hold; "" for an
// unpartitioned table.
std::string KeyText(const model::PartitionKey& key);

}  // namespace salvor::delta
