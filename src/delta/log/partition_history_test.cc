#include "delta/log/partition_history.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

// The same files where no other identity is given.
PartitionContents Of(int64_t rows, uint64_t signature, uint64_t identity = 0) {
  return {{rows, rows * 10, rows > 0 ? 1 : 0, 0}, signature, identity > 0 ? identity : signature};
}

// Each change says: version, content after, whether files were removed, whether rows were said to
// be kept.
struct Told {
  PartitionHistory history;

  explicit Told(const PartitionContents& start) { history.Begin(0, start); }
  Told& Append(int64_t version, const PartitionContents& after) {
    history.Advance({version, after});
    return *this;
  }
  Told& Remove(int64_t version, const PartitionContents& after) {
    history.Advance({version, after, true, false});
    return *this;
  }
  Told& Overwrite(int64_t version, const PartitionContents& after) {
    history.Advance({version, after, true, false, true});
    return *this;
  }
  Told& PutBack(int64_t version, const PartitionContents& after) {
    const bool was_there = history.Now().HasRows();
    history.Advance({version, after, was_there, false, was_there, true});
    return *this;
  }
  Told& Compact(int64_t version, const PartitionContents& after) {
    history.Advance({version, after, true, true});
    return *this;
  }
  model::PartitionRecord End(int64_t latest) {
    history.End(latest);
    return history.Record();
  }
};

TEST(PartitionHistoryTest, UntouchedPartitionIsAtItsBestNow) {
  const auto record = Told(Of(100, 1)).End(7);
  EXPECT_EQ(record.best_version, 7);
  EXPECT_EQ(record.best.rows, 100);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
}

TEST(PartitionHistoryTest, EmptiedPartitionNamesTheEventAndTheStateBefore) {
  const auto record = Told(Of(100, 1)).Remove(3, Of(40, 2)).Remove(5, Of(0, 0)).End(9);
  ASSERT_TRUE(record.emptied);
  EXPECT_EQ(record.emptied->event, 5);
  EXPECT_EQ(record.emptied->tally.rows, 40);
  EXPECT_EQ(record.best.rows, 100);
  EXPECT_EQ(record.best_version, 2);
  EXPECT_EQ(record.emptyings, 1);
  // A few rows deleted before the loss are no earlier emptying.
  EXPECT_TRUE(record.contents.empty());
  EXPECT_FALSE(record.replaced);
}

TEST(PartitionHistoryTest, WhatWasLostSaysSinceWhenNothingTouchedIt) {
  const auto emptied = Told(Of(100, 1)).Compact(3, Of(100, 2)).Remove(5, Of(0, 0)).End(9);
  ASSERT_TRUE(emptied.emptied);
  EXPECT_EQ(emptied.emptied->since, 3);
  const auto shrunk = Told(Of(100, 1)).Remove(5, Of(90, 3)).Remove(6, Of(80, 4)).End(9);
  ASSERT_TRUE(shrunk.replaced);
  EXPECT_EQ(shrunk.replaced->since, 0);
}

TEST(PartitionHistoryTest, ContentBeforeARefillIsNamedWithTheOneAfterIt) {
  const auto record =
      Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(3, Of(10, 5)).Remove(6, Of(0, 0)).End(7);
  ASSERT_TRUE(record.emptied);
  EXPECT_EQ(record.emptied->event, 6);
  EXPECT_EQ(record.emptyings, 2);
  ASSERT_EQ(record.contents.size(), 2U);
  EXPECT_EQ(record.contents[0].last_version, 1);
  EXPECT_EQ(record.contents[0].tally.rows, 100);
  EXPECT_FALSE(record.contents[0].written_by);
  EXPECT_EQ(record.contents[1].last_version, 5);
  EXPECT_EQ(record.contents[1].tally.rows, 10);
  EXPECT_EQ(record.contents[1].written_by, 3);
}

TEST(PartitionHistoryTest, ContentOfFewerOrAsManyRowsBeforeARefillIsNamedToo) {
  for (const int64_t refill : {100, 500}) {
    const auto record =
        Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(3, Of(refill, 1, 9)).Remove(4, Of(0, 0)).End(5);
    EXPECT_EQ(record.contents.size(), 2U);
  }
}

TEST(PartitionHistoryTest, OverwrittenContentsAreNamedAsTheyLastWere) {
  const auto record = Told(Of(0, 0))
                          .Append(1, Of(50, 1))
                          .Append(2, Of(100, 2))
                          .Overwrite(4, Of(100, 2))
                          .Remove(6, Of(90, 3))
                          .Compact(7, Of(90, 4))
                          .Remove(9, Of(0, 0))
                          .End(9);
  ASSERT_EQ(record.contents.size(), 2U);
  EXPECT_EQ(record.contents[0].written_by, 1);
  EXPECT_EQ(record.contents[0].last_version, 3);
  EXPECT_EQ(record.contents[0].tally.rows, 100);
  EXPECT_EQ(record.contents[1].written_by, 4);
  EXPECT_EQ(record.contents[1].last_version, 8);
  EXPECT_EQ(record.contents[1].tally.rows, 90);
}

TEST(PartitionHistoryTest, DeletedAndCompactedRowsAreNoOtherContent) {
  const auto record =
      Told(Of(100, 1)).Remove(2, Of(90, 2)).Compact(3, Of(90, 3)).Remove(4, Of(0, 0)).End(4);
  EXPECT_TRUE(record.contents.empty());
}

TEST(PartitionHistoryTest, OverwrittenPartitionThatIsNotEmptyHasNothingToChooseFrom) {
  EXPECT_TRUE(Told(Of(100, 1)).Overwrite(2, Of(90, 2)).End(4).contents.empty());
}

TEST(PartitionHistoryTest, WhatWasPutBackIsNoOtherContent) {
  EXPECT_TRUE(Told(Of(100, 1))
                  .Remove(2, Of(0, 0))
                  .PutBack(3, Of(100, 1))
                  .Remove(4, Of(0, 0))
                  .End(4)
                  .contents.empty());
  EXPECT_TRUE(Told(Of(100, 1))
                  .Overwrite(2, Of(90, 2))
                  .PutBack(3, Of(100, 1))
                  .Remove(4, Of(0, 0))
                  .End(4)
                  .contents.empty());
  // An event that took some rows, taken back.
  EXPECT_TRUE(Told(Of(100, 1))
                  .Remove(2, Of(90, 2))
                  .PutBack(3, Of(100, 1))
                  .Remove(4, Of(0, 0))
                  .End(4)
                  .contents.empty());
}

TEST(PartitionHistoryTest, OfManyContentsTheNewestAreKeptAndTheOthersCounted) {
  Told told(Of(1, 1));
  for (int64_t version = 1; version <= 30; ++version) {
    told.Overwrite(version, Of(version, static_cast<uint64_t>(version)));
  }
  const auto record = told.Remove(31, Of(0, 0)).End(31);
  ASSERT_EQ(record.contents.size(), 8U);
  EXPECT_EQ(record.older_contents, 31 - 8);
  EXPECT_EQ(record.contents.back().last_version, 30);
  EXPECT_EQ(record.contents.front().written_by, 23);
}

TEST(PartitionHistoryTest, WholeAgainIsIntact) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(0, 0)).PutBack(6, Of(100, 1, 9)).End(8);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
  EXPECT_EQ(record.best_version, 8);
}

TEST(PartitionHistoryTest, TheSameFilesAreWholeAgainWhateverTheirWriterSays) {
  const auto record = Told(Of(100, 1, 7)).Remove(2, Of(0, 0)).Append(6, Of(100, 1, 7)).End(8);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
}

TEST(PartitionHistoryTest, OtherFilesOfTheSameSizesAndRowsAreNotWholeAgain) {
  for (const auto& record :
       {Told(Of(100, 1, 7)).Remove(2, Of(0, 0)).Append(6, Of(100, 1, 8)).End(8),
        Told(Of(100, 1, 7)).Overwrite(2, Of(100, 1, 8)).End(8)}) {
    ASSERT_TRUE(record.replaced);
    EXPECT_EQ(record.replaced->event, 2);
    EXPECT_EQ(record.best_version, 1);
    EXPECT_TRUE(record.content_differs);
  }
}

TEST(PartitionHistoryTest, WhatStoodBeforeOtherFilesOfTheSameSizesComesBackWhole) {
  const auto record = Told(Of(100, 1, 7))
                          .Overwrite(2, Of(100, 1, 8))
                          .Remove(3, Of(0, 0))
                          .Append(4, Of(100, 1, 7))
                          .End(5);
  EXPECT_FALSE(record.replaced || record.content_differs);
}

TEST(PartitionHistoryTest, WholeAgainUnderAnUncountedPastIsIntact) {
  PartitionContents gone = Of(0, 1);
  gone.tally.files = 1;
  gone.tally.uncounted = 1;
  const auto record = Told(gone).Remove(2, Of(0, 0)).PutBack(3, Of(100, 1)).End(3);
  EXPECT_FALSE(record.emptied || record.replaced);
}

TEST(PartitionHistoryTest, RefilledWithOtherRowsIsReplaced) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(0, 0)).Append(3, Of(5, 9)).End(4);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
  EXPECT_EQ(record.replaced->tally.rows, 100);
  EXPECT_TRUE(record.content_differs);
}

TEST(PartitionHistoryTest, OverwrittenWithAsManyOtherRowsIsReplaced) {
  const auto record = Told(Of(100, 1)).Remove(2, Of(100, 9)).End(4);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
  EXPECT_EQ(record.best_version, 1);
  EXPECT_TRUE(record.content_differs);
}

TEST(PartitionHistoryTest, AppendIsNoLoss) {
  const auto record = Told(Of(100, 1)).Append(2, Of(150, 3)).End(4);
  EXPECT_FALSE(record.replaced);
  EXPECT_EQ(record.best.rows, 150);
}

TEST(PartitionHistoryTest, CompactionIsNoLossAndStandsForTheRows) {
  const auto record = Told(Of(100, 1))
                          .Compact(2, Of(100, 7))
                          .Remove(3, Of(0, 0))
                          .PutBack(4, Of(100, 1))  // to before the compaction
                          .End(5);
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
  EXPECT_FALSE(Told(Of(100, 1)).Compact(2, Of(100, 7)).End(5).replaced);
}

TEST(PartitionHistoryTest, RowsThatFellInUpkeepAreALoss) {
  const auto record = Told(Of(100, 1)).Compact(2, Of(60, 7)).End(5);
  ASSERT_TRUE(record.replaced);
  EXPECT_EQ(record.replaced->event, 2);
}

}  // namespace
}  // namespace salvor::delta
