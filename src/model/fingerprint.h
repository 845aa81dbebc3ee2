// An order-free digest of a multiset of rows. Only fingerprints of one algorithm and one engine
// version are comparable, so `algorithm` names both. Which 64-bit hashes are summed is the
// engine's: delta's are those of rows where the table has no partitions, else those of whole
// partitions.
#pragma once

#include <cstdint>
#include <string>

namespace salvor::model {

struct Fingerprint {
  int64_t rows = 0;
  std::string sum;           // decimal, 128 bits: the sum of hashes
  std::string exclusive_or;  // decimal
  std::string algorithm;

  bool operator==(const Fingerprint&) const = default;
};

}  // namespace salvor::model
