// What a version is rebuilt from, by the names in _delta_log alone.

#include "delta/log/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListingTest : public ::testing::Test {
 protected:
  ListingTest() { fs.PutFolder("/log"); }

  void PutCommits(int64_t first, int64_t last) {
    for (int64_t version = first; version <= last; ++version) Put(VersionDigits(version) + ".json");
  }
  void Put(const std::string& name) { fs.Put("/log/" + name, "{}\n"); }
  Listing List() { return ListLog(fs, "/log").value(); }
  static std::vector<int64_t> VersionsOf(const LogSegment& segment) {
    std::vector<int64_t> versions;
    for (const LogFileToApply& entry : segment.to_apply) versions.push_back(entry.version);
    return versions;
  }

  testing::ScriptedClock clock{InstantOfMillis(1'700'000'000'000)};
  testing::MemFs fs{clock};
};

TEST_F(ListingTest, AVersionIsRebuiltFromTheNewestCheckpointBelowItWhateverTheHintSays) {
  PutCommits(0, 5);
  Put(VersionDigits(2) + ".checkpoint.parquet");
  Put(VersionDigits(4) + ".checkpoint.parquet");
  fs.Put("/log/_last_checkpoint", R"({"version":2,"size":1})");
  const auto latest = List().SegmentTo(5);
  ASSERT_TRUE(latest) << latest.error().Message();
  EXPECT_EQ(latest->base->version, 4);
  EXPECT_THAT(VersionsOf(*latest), ElementsAre(5));
  const auto past = List().SegmentTo(3);
  ASSERT_TRUE(past);
  EXPECT_EQ(past->base->version, 2);
  EXPECT_THAT(VersionsOf(*past), ElementsAre(3));
  const auto first = List().SegmentTo(1);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->base);
  EXPECT_THAT(VersionsOf(*first), ElementsAre(0, 1));
}

TEST_F(ListingTest, ACheckpointThatLacksAPartIsNone) {
  PutCommits(0, 2);
  Put(VersionDigits(2) + ".checkpoint.0000000001.0000000002.parquet");
  EXPECT_FALSE(List().SegmentTo(2)->base);
  ASSERT_TRUE(fs.Remove("/log/" + VersionDigits(0) + ".json"));
  const auto broken = List().SegmentTo(2);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::kCorrupt);
  EXPECT_THAT(broken.error().what, HasSubstr("part 2 of 2 is missing"));
  Put(VersionDigits(2) + ".checkpoint.0000000002.0000000002.parquet");
  const auto whole = List().SegmentTo(2);
  ASSERT_TRUE(whole && whole->base);
  EXPECT_EQ(whole->base->parts.size(), 2U);
}

TEST_F(ListingTest, NoRouteLeadsAcrossALostCommitButHistoryGoesOnByTheNextCheckpoint) {
  PutCommits(0, 1);
  PutCommits(4, 6);
  Put(VersionDigits(4) + ".checkpoint.parquet");
  const auto within = List().SegmentTo(3);
  ASSERT_FALSE(within);
  EXPECT_EQ(within.error().code, Code::kTooLate);
  EXPECT_THAT(within.error().what, HasSubstr("commit 2 is missing"));
  EXPECT_FALSE(List().SegmentOn(1, 5));
  const auto history = List().HistoryFrom(0);
  ASSERT_TRUE(history) << history.error().Message();
  EXPECT_THAT(VersionsOf(*history), ElementsAre(0, 1, 4, 5, 6));
  const LogFileToApply& lead = history->to_apply[2];
  ASSERT_TRUE(lead.checkpoint);
  EXPECT_EQ(lead.first_lost, 2);
  EXPECT_EQ(lead.last_lost, 3);
}

TEST_F(ListingTest, CommitTimesGrowWhateverTheFilesSay) {
  PutCommits(0, 2);
  const Instant same = fs.Stat("/log/" + VersionDigits(0) + ".json").value()->modified;
  ASSERT_TRUE(fs.SetModified("/log/" + VersionDigits(1) + ".json", same));
  ASSERT_TRUE(fs.SetModified("/log/" + VersionDigits(2) + ".json", same - Millis(5)));
  const Listing listing = List();
  EXPECT_EQ(listing.monotonic_times.at(1), same + Millis(1));
  EXPECT_EQ(listing.monotonic_times.at(2), same + Millis(2));
}

}  // namespace
}  // namespace salvor::delta
