#include "delta/log_story.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

Content Of(int64_t rows, uint64_t signature) {
  return {{rows, rows * 10, rows > 0 ? 1 : 0, 0}, signature};
}

// Each step says: version, content after, whether files were removed, whether rows were said to be
// kept.
struct Told {
  PartitionStory story;

  explicit Told(const Content& start) { story.Begin(0, start); }
  Told& Append(int64_t version, const Content& after) {
    story.Advance({version, after, false, false});
    return *this;
  }
  Told& Remove(int64_t version, const Content& after) {
    story.Advance({version, after, true, false});
    return *this;
  }
  Told& Compact(int64_t version, const Content& after) {
    story.Advance({version, after, true, true});
    return *this;
  }
  model::PartitionRecord End(int64_t latest) {
    story.End(latest);
    return story.Record();
  }
};

TEST(LogStoryTest, UntouchedPartitionIsAtItsBestNow) {
  const auto record = Told(Of(100, 1)).End(7);
  EXPECT_EQ(record.best_version, 7);
  EXPECT_EQ(record.best.rows, 100);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
}

TEST(LogStoryTest, EmptiedPartitionNamesTheEventAndTheStateBefore) {
  const auto record = Told(Of(100, 1)).Remove(3, Of(40, 2)).Remove(5, Of(0, 0)).End(9);
  ASSERT_TRUE(record.emptied);
  EXPECT_EQ(record.emptied->event, 5);
  EXPECT_EQ(record.emptied->tally.rows, 40);
  EXPECT_EQ(record.best.rows, 100);
  EXPECT_EQ(record.best_version, 2);
  EXPECT_EQ(record.emptyings, 1);
  // A few rows deleted before the loss are no earlier emptying.
  EXPECT_FALSE(record.emptied_earlier);
  EXPECT_FALSE(record.replaced);
}

TEST(LogStoryTest, EarlierEmptyingWithMoreRowsIsNamed) {
  const auto record =
      Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(3, Of(10, 5)).Remove(4, Of(0, 0)).End(5);
  ASSERT_TRUE(record.emptied && record.emptied_earlier);
  EXPECT_EQ(record.emptied->event, 4);
  EXPECT_EQ(record.emptied_earlier->event, 2);
  EXPECT_EQ(record.emptied_earlier->tally.rows, 100);
  EXPECT_EQ(record.emptyings, 2);
}

TEST(LogStoryTest, EarlierEmptyingWithFewerRowsIsNot) {
  const auto record =
      Told(Of(10, 1)).Remove(2, Of(0, 0)).Append(3, Of(100, 5)).Remove(4, Of(0, 0)).End(5);
  EXPECT_FALSE(record.emptied_earlier);
}

TEST(LogStoryTest, WholeAgainIsIntact) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(6, Of(100, 1)).End(8);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
  EXPECT_EQ(record.best_version, 8);
}

TEST(LogStoryTest, WholeAgainUnderAnUncountedPastIsIntact) {
  Content gone = Of(0, 1);
  gone.tally.files = 1;
  gone.tally.uncounted = 1;
  const auto record = Told(gone).Remove(2, Of(0, 0)).Append(3, Of(100, 1)).End(3);
  EXPECT_FALSE(record.emptied || record.replaced);
}

TEST(LogStoryTest, RefilledWithOtherRowsIsReplaced) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(3, Of(5, 9)).End(4);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
  EXPECT_EQ(record.replaced->tally.rows, 100);
  EXPECT_TRUE(record.content_differs);
}

TEST(LogStoryTest, OverwrittenWithAsManyOtherRowsIsReplaced) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(100, 9)).End(4);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
  EXPECT_EQ(record.best_version, 1);
  EXPECT_TRUE(record.content_differs);
}

TEST(LogStoryTest, AppendIsNoLoss) {
  const auto record = Told(Of(100, 1)).Append(2, Of(150, 3)).End(4);
  EXPECT_FALSE(record.replaced);
  EXPECT_EQ(record.best.rows, 150);
}

TEST(LogStoryTest, CompactionIsNoLossAndStandsForTheRows) {
  const auto record = Told(Of(100, 1))
                          .Compact(2, Of(100, 7))
                          .Remove(3, Of(0, 0))
                          .Append(4, Of(100, 1))  // restored to before the compaction
                          .End(5);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
  EXPECT_FALSE(Told(Of(100, 1)).Compact(2, Of(100, 7)).End(5).replaced);
}

TEST(LogStoryTest, RowsThatFellInUpkeepAreALoss) {
  const auto record = Told(Of(100, 1)).Compact(2, Of(60, 7)).End(5);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
}

}  // namespace
}  // namespace salvor::delta
