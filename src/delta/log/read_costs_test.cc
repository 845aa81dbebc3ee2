#include "delta/log/read_costs.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace salvor::delta {
namespace {

LogFile File(int64_t size) { return {"name", size, InstantOfMillis(size * 7 % 1000)}; }

Checkpoint CheckpointAt(int64_t version, std::vector<int64_t> sizes) {
  Checkpoint checkpoint{version, false, {}};
  for (const int64_t size : sizes) checkpoint.parts.push_back(File(size));
  return checkpoint;
}

Instant OldestOf(const LogSegment& segment) {
  std::optional<Instant> oldest;
  const auto take = [&oldest](const LogFile& file) {
    if (!oldest || file.modified < *oldest) oldest = file.modified;
  };
  if (segment.base)
    for (const LogFile& part : segment.base->parts) take(part);
  for (const LogFileToApply& entry : segment.to_apply) take(entry.file);
  return oldest.value_or(Instant());
}

void ExpectTheSame(const Listing& listing) {
  const ReadCosts costs(listing);
  for (int64_t version = 0; version <= listing.latest; ++version) {
    const auto segment = listing.SegmentTo(version);
    const ReadCost* const cost = costs.To(version);
    ASSERT_EQ(cost != nullptr, segment.has_value()) << version;
    if (cost == nullptr) continue;
    EXPECT_EQ(cost->bytes, segment->Bytes()) << version;
    EXPECT_EQ(cost->oldest, OldestOf(*segment)) << version;
    ASSERT_EQ(cost->base != nullptr, segment->base.has_value()) << version;
    if (cost->base != nullptr) {
      EXPECT_EQ(cost->base->version, segment->base->version);
    }
  }
  for (int64_t from = 0; from <= listing.latest; ++from) {
    for (int64_t version = from; version <= listing.latest; ++version) {
      const auto segment = listing.SegmentOn(from, version);
      const auto bytes = costs.BytesOn(from, version);
      ASSERT_EQ(bytes.has_value(), segment.has_value()) << from << " to " << version;
      if (bytes) {
        EXPECT_EQ(*bytes, segment->Bytes()) << from << " to " << version;
      }
    }
  }
}

TEST(ReadCostsTest, TheyAreThoseOfTheSegmentsWhateverIsLost) {
  std::mt19937 random(20240102);
  const auto below = [&random](uint32_t limit) { return static_cast<int64_t>(random() % limit); };
  for (int round = 0; round < 200; ++round) {
    Listing listing;
    listing.latest = 12;
    for (int64_t version = 0; version <= listing.latest; ++version) {
      if (below(8) > 0) listing.commits.emplace(version, File(1 + below(900)));
      for (; below(5) == 0;) {
        listing.checkpoints.emplace(version,
                                    CheckpointAt(version, {1 + below(900), 1 + below(900)}));
      }
    }
    ExpectTheSame(listing);
  }
}

TEST(ReadCostsTest, OfAnEmptyLogNothingIsKnown) {
  const Listing listing;
  const ReadCosts costs(listing);
  EXPECT_EQ(costs.To(0), nullptr);
  EXPECT_FALSE(costs.BytesOn(0, 1));
}

}  // namespace
}  // namespace salvor::delta
