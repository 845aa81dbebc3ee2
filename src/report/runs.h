// Neighbouring partitions that say the same are shown as one line, "2024-01-01 .. 2024-01-09".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "model/inventory.h"
#include "model/partition.h"

namespace salvor::report {

// "A", or "A .. B" for a run of more than one.
std::string FormatRun(const std::vector<model::PartitionColumn>& columns,
                      const model::PartitionKey& first, const model::PartitionKey& last,
                      size_t count);

// Keys of a list that leaves partitions out (a plan names no intact ones), in order: "A .. B" only
// of days or numbers that follow each other, so that a span never holds one that is not meant; of
// many pieces the first, and how many partitions more.
std::string FormatListed(const std::vector<model::PartitionColumn>& columns,
                         const std::vector<model::PartitionKey>& keys);

// True if both hold ordinary values: the partition of NULLs, and that of the values
// outside all others, are nobody's neighbours and stand on lines of their own.
bool AreNeighbours(const std::vector<model::PartitionColumn>& columns, const model::PartitionKey& a,
                   const model::PartitionKey& b);

// Of keys in any order: the span of the ordinary ones, then the others by name; "" of none.
std::string FormatKeys(const std::vector<model::PartitionColumn>& columns,
                       std::vector<model::PartitionKey> keys);

// "?" where nobody counted them.
std::string FormatRows(const model::Tally& tally);
std::string FormatSize(const model::Tally& tally);

// Half-open ranges [begin, end) of neighbours for which `same(i, i + 1)` holds.
template <typename Same>
std::vector<std::pair<size_t, size_t>> Runs(size_t count, Same same) {
  std::vector<std::pair<size_t, size_t>> runs;
  for (size_t begin = 0; begin < count;) {
    size_t end = begin + 1;
    while (end < count && same(end - 1, end)) ++end;
    runs.emplace_back(begin, end);
    begin = end;
  }
  return runs;
}

// Whether two of them may stand in one line: files that one statement removed have deadlines that
// differ by a moment. Within a minute.
bool SameDeadline(const std::optional<Instant>& a, const std::optional<Instant>& b);
// To the second, and never later than it is; "" if there is none.
std::string FormatDeadline(const std::optional<Instant>& deadline);

}  // namespace salvor::report
