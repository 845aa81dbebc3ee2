// What it takes to rebuild the versions of a log, told without listing the files of each: a log of
// 100,000 commits is asked about thousands of its versions. One pass over the listing, then a
// binary search for each question.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "delta/log/listing.h"

namespace salvor::delta {

// Of one version.
struct ReadCost {
  const Checkpoint* base = nullptr;  // the listing's; null: begin with an empty table
  int64_t bytes = 0;                 // to read, as LogSegment::Bytes
  Instant oldest;                    // the oldest modification time among the files to read
};

class ReadCosts {
 public:
  // The listing must stay as it is.
  explicit ReadCosts(const Listing& listing);

  // Null where Listing::SegmentTo fails.
  [[nodiscard]] const ReadCost* To(int64_t version) const;
  // The bytes of Listing::SegmentOn; nothing where that fails.
  [[nodiscard]] std::optional<int64_t> BytesOn(int64_t from, int64_t version) const;

 private:
  struct Entry {
    int64_t version = 0;
    // Of the unbroken run of commits that ends with this version; above it where it is a
    // checkpoint's alone.
    int64_t run_begin = 0;
    int64_t commit_bytes = 0;  // of all commits so far
    std::optional<ReadCost> cost;
  };

  [[nodiscard]] const Entry* Find(int64_t version) const;
  // The newest one at or below the version; null where there is none.
  [[nodiscard]] const Entry* FindAtOrBelow(int64_t version) const;

  std::vector<Entry> entries_;  // by version: each that has a commit or a checkpoint
};

}  // namespace salvor::delta
