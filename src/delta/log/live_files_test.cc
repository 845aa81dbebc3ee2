#include "delta/log/live_files.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace salvor::delta {
namespace {

// Few lower halves: most keys are pushed past each other's places.
FileKey CrowdedKey(uint64_t number) { return {number % 7, number}; }

TEST(LiveSetTest, HoldsWhatAMapHoldsHoweverFilesComeAndGo) {
  LiveSet live;
  std::map<uint64_t, int64_t> expected;
  std::mt19937_64 dice(20260115);
  for (int64_t turn = 0; turn < 4000; ++turn) {
    const uint64_t number = dice() % 200;
    if (dice() % 2 == 0) {
      const auto [file, is_new] = live.Place(CrowdedKey(number));
      EXPECT_EQ(is_new, !expected.contains(number));
      file->size = turn;
      expected[number] = turn;
    } else {
      EXPECT_EQ(live.Erase(CrowdedKey(number)), expected.erase(number) == 1);
    }
  }
  EXPECT_EQ(live.Size(), expected.size());
  for (uint64_t number = 0; number < 200; ++number) {
    const LiveFile* file = live.Find(CrowdedKey(number));
    ASSERT_EQ(file != nullptr, expected.contains(number)) << number;
    if (file != nullptr) {
      EXPECT_EQ(file->size, expected[number]);
    }
  }
  size_t seen = 0;
  live.Each([&seen](const LiveFile& /*file*/) { ++seen; });
  EXPECT_EQ(seen, expected.size());
}

TEST(LiveSetTest, FilesStayWhereTheyAreWhileTheTableGrows) {
  LiveSet live;
  const LiveFile* first = live.Place({1, 1}).file;
  for (uint64_t number = 2; number < 5000; ++number) live.Place({number, number});
  EXPECT_EQ(live.Find({1, 1}), first);
}

}  // namespace
}  // namespace salvor::delta
