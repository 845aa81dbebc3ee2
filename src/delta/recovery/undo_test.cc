#include "delta/recovery/undo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;
using warehouse::RestoreOutcome;

class UndoTest : public ::testing::Test {
 protected:
  void Apply(const std::vector<warehouse::Wanted>& wanted) {
    engine_ = OpenTable(table_);
    made_ = PlanFor(*engine_, wanted);
    ASSERT_TRUE(PersistNow(*engine_, made_));
    const auto outcome = ApplyNow(*engine_, made_);
    ASSERT_TRUE(outcome) << outcome.error().Message();
    ASSERT_EQ(outcome->kind, RestoreOutcome::Kind::kDone);
    table_.latest = outcome->version;
  }
  Result<RestoreOutcome> Undo() { return engine_->Undoer()->TakeBack(made_.plan, made_.digest); }
  model::Tally Now() {
    return engine_->Reader()->Examine({Want("b", 0)}).value().partitions[0].now;
  }

  TestTable table_;
  std::unique_ptr<warehouse::Engine> engine_;
  TestCase made_;
};

TEST_F(UndoTest, AppliedFilesLeaveAgain) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  const auto outcome = Undo();
  ASSERT_TRUE(outcome) << outcome.error().Message();
  EXPECT_EQ(outcome->kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(outcome->version, 4);
  EXPECT_EQ(outcome->files, 1);
  EXPECT_EQ(Now().files, 0);
  EXPECT_EQ(Undo()->kind, RestoreOutcome::Kind::kAlready);
}

TEST_F(UndoTest, WritesElsewhereDoNotMatter) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  table_.Commit({table_.Add("d=c/c.parquet", "c")});
  EXPECT_TRUE(Undo());
}

TEST_F(UndoTest, RowsAddedSinceMakeItStale) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  table_.Commit({table_.Add("d=b/later.parquet", "b", 1)});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("rows were added"));
}

TEST_F(UndoTest, RowsTakenSinceMakeItStaleAndSayByWhom) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  table_.Commit({table_.Remove({{"add", table_.Actions(3, "add")[0]}})}, "DELETE");
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("version 4"));
  EXPECT_THAT(outcome.error().what, HasSubstr("DELETE"));
}

TEST_F(UndoTest, ReplacedFilesComeBackUnderFreshNames) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({table_.Remove(lost), shrunk}, "DELETE");
  Apply({Want("b", 0, model::Mode::kReplace)});
  EXPECT_EQ(Now().rows, 10);
  const auto outcome = Undo();
  ASSERT_TRUE(outcome) << outcome.error().Message();
  EXPECT_EQ(Now().rows, 4);
  EXPECT_NE(table_.Actions(3, "add")[0]["path"], "d=b/shrunk.parquet");
}

TEST_F(UndoTest, ReplacedFilesThatAreGoneCannotComeBack) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  table_.Commit({table_.Remove(lost), table_.Add("d=b/shrunk.parquet", "b", 4)}, "DELETE");
  Apply({Want("b", 0, model::Mode::kReplace)});
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/shrunk.parquet")));
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kTooLate);
  EXPECT_EQ(Now().rows, 10);
}

TEST_F(UndoTest, RowsThatMadeRoomComeBackFromThePrivateCopyIfTheirFilesAreGone) {
  const Json right = table_.Add("d=b/right.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), right});
  table_.Commit({table_.Remove(right), table_.Add("d=b/wrong.parquet", "b", 4)}, "WRITE");
  Apply({Want("b", 0, model::Mode::kInstead)});
  EXPECT_EQ(Now().rows, 10);
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/wrong.parquet")));
  table_.clock.Advance(std::chrono::hours(1));  // the times that undo gives are its own
  const auto outcome = Undo();
  ASSERT_TRUE(outcome) << outcome.error().Message();
  EXPECT_EQ(Now().rows, 4);
  EXPECT_EQ(Now().files, 1);
  // Neither copy counts as written to: both steps only set times that they noted.
  const auto staging = engine_->Staging();
  const auto seen = staging->Persist(made_.plan, made_.digest);
  ASSERT_TRUE(seen) << seen.error().Message();
  EXPECT_TRUE(staging->CheckUnchanged(made_.plan, made_.digest, seen->seen));
}

TEST_F(UndoTest, RulesThatChangedSinceThePlanMakeItStale) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  table_.Commit({TestTable::Metadata({{"delta.constraints.positive", "x > 0"}})});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_EQ(Now().rows, 10);
}

TEST_F(UndoTest, ReplacedFilesThatAreReadElsewhereByNowAreNotPutBack) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({table_.Remove(lost), shrunk}, "DELETE");
  Apply({Want("b", 0, model::Mode::kReplace)});
  Json twin = shrunk;
  twin["add"]["path"] = "d%3Db/shrunk.parquet";
  twin["add"]["partitionValues"]["d"] = "c";
  table_.Commit({twin});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("d=b/shrunk.parquet is read now"));
  EXPECT_EQ(Now().rows, 10);
}

TEST_F(UndoTest, ReplacedFilesThatAreReadByAnotherNameByNowAreNotPutBack) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({table_.Remove(lost), shrunk}, "DELETE");
  Apply({Want("b", 0, model::Mode::kReplace)});
  table_.fs.PutFolder(TestTable::Local("d=c"));
  ASSERT_TRUE(table_.fs.Link(TestTable::Local("d=b/shrunk.parquet"),
                             TestTable::Local("d=c/linked.parquet")));
  Json twin = shrunk;
  twin["add"]["path"] = "d=c/linked.parquet";
  twin["add"]["partitionValues"]["d"] = "c";
  table_.Commit({twin});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("the same file on the disk as d=c/linked.parquet"));
  EXPECT_EQ(Now().rows, 10);
}

TEST_F(UndoTest, NothingIsWrittenBelowAStrayVersion) {
  table_.LoseDayB();
  Apply({Want("b", 1)});
  table_.fs.Put(TestTable::Local("_delta_log/09223372036854775807.json"), "{}\n");
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kRefused);
  EXPECT_THAT(outcome.error().what, HasSubstr("move it away"));
  EXPECT_EQ(Now().rows, 10);
}

TEST_F(UndoTest, AppendOnlyTableIsRefused) {
  table_.LoseDayB(TestTable::Protocol(), TestTable::Metadata({{"delta.appendOnly", "true"}}));
  Apply({Want("b", 1)});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kRefused);
  EXPECT_THAT(outcome.error().what, HasSubstr("append-only"));
}

TEST_F(UndoTest, NothingAppliedIsNotFound) {
  table_.LoseDayB();
  engine_ = OpenTable(table_);
  made_ = PlanFor(*engine_, {Want("b", 1)});
  const auto outcome = Undo();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace salvor::delta
