#include "delta/recovery/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "delta/commit/fresh_name.h"
#include "delta/staging/replaced_rows.h"
#include "delta/staging/staging.h"
#include "delta/table_test.h"
#include "testing/crashing_fs.h"
#include "testing/intercepting_fs.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;
using warehouse::RestoreOutcome;

// Lets a test act at the moment when the writer is about to do something.
class Interrupted final : public testing::InterceptingFs {
 public:
  explicit Interrupted(io::Fs& inner) : InterceptingFs(inner) {}

  // Once, before the first call of this kind on a path that contains `part`.
  void On(testing::Call call, std::string part, std::function<void()> act) {
    call_ = call;
    part_ = std::move(part);
    act_ = std::move(act);
  }

 protected:
  Status Before(testing::Call call, const std::string& path) const override {
    if (!act_ || call != call_ || path.find(part_) == std::string::npos) return Done{};
    const auto act = std::exchange(act_, nullptr);
    act();
    return Done{};
  }

 private:
  testing::Call call_ = testing::Call::kStat;
  std::string part_;
  mutable std::function<void()> act_;
};

class RestoreTest : public ::testing::Test {
 protected:
  void Open(const std::vector<warehouse::Wanted>& wanted) {
    engine_ = MakeEngine(fs_, table_.clock, warehouse::NoProgress(), kTable).value();
    made_ = PlanFor(*engine_, wanted);
    for (const model::Examined& one : made_.examination.partitions) EXPECT_EQ(one.refusal, "");
    const auto persisted = PersistNow(*engine_, made_);
    ASSERT_TRUE(persisted) << persisted.error().Message();
  }
  void LoseAndOpen() {
    table_.LoseDayB();
    Open({Want("b", 1)});
  }
  RestoreOutcome Apply() {
    auto outcome = ApplyNow(*engine_, made_);
    EXPECT_TRUE(outcome) << outcome.error().Message();
    return outcome ? *outcome : RestoreOutcome{};
  }
  [[nodiscard]] std::string Key() const { return model::OperationKey(made_.digest, "apply"); }
  [[nodiscard]] std::string Fresh() const { return FreshPath("d=b/b.snappy.parquet", Key(), 0); }
  model::Tally Now(const std::string& day) {
    return engine_->Reader()->Examine({Want(day, 0)}).value().partitions[0].now;
  }
  std::optional<io::FileInfo> OnDisk(const std::string& path) {
    return table_.fs.Lstat(TestTable::Local(path)).value();
  }

  TestTable table_;
  Interrupted fs_{table_.fs};
  std::unique_ptr<warehouse::Engine> engine_;
  TestCase made_;
};

TEST_F(RestoreTest, LostPartitionIsBackUnderAFreshName) {
  LoseAndOpen();
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(outcome.version, 3);
  EXPECT_EQ(outcome.linked, 1);
  EXPECT_EQ(Now("b").rows, 10);
  const auto adds = table_.Actions(3, "add");
  ASSERT_EQ(adds.size(), 1U);
  EXPECT_EQ(adds[0]["path"], Fresh());
  EXPECT_TRUE(OnDisk(Fresh())->SameInode(*OnDisk("d=b/b.snappy.parquet")));
}

TEST_F(RestoreTest, NothingMakesRoomBeforeTodaysRowsAreSaved) {
  const Json right = table_.Add("d=b/right.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), right});
  table_.Commit({table_.Remove(right), table_.Add("d=b/wrong.parquet", "b", 4)}, "WRITE");
  Open({Want("b", 0, model::Mode::kInstead)});
  const auto replaced = ReplacedBy(made_.plan, made_.digest);
  ASSERT_TRUE(replaced);
  ASSERT_TRUE(DeltaStagingDropper(table_.fs).Drop(replaced->plan, replaced->digest));
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kRefused);
  EXPECT_THAT(outcome.error().what, HasSubstr("not saved yet"));
}

TEST_F(RestoreTest, FreshFilesAreYoungerThanAnyVacuumThatStartsBeforeTheCommit) {
  LoseAndOpen();
  Instant at_commit;
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json",
         [&] { at_commit = OnDisk(Fresh())->modified; });
  Apply();
  EXPECT_GT(at_commit, table_.clock.Now());
}

TEST_F(RestoreTest, SecondApplyIsANoOpAlsoWithoutStaging) {
  LoseAndOpen();
  Apply();
  ASSERT_TRUE(engine_->Dropper()->Drop(made_.plan, made_.digest).value());
  const auto again = engine_->Writer()->Restore(made_.plan, made_.digest, {});
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(again->kind, RestoreOutcome::Kind::kAlready);
  EXPECT_EQ(again->version, 3);
  EXPECT_FALSE(table_.fs.Lstat(TestTable::CommitFile(4)).value());
}

TEST_F(RestoreTest, WhatAKilledRunOfThePlanLeftInTheLogIsTakenAwayAndNothingElse) {
  LoseAndOpen();
  const std::string log = TestTable::Local("_delta_log/");
  const std::string own = log + io::TemporaryPrefixOf(made_.digest) + "77-0";
  const std::string others = log + io::TemporaryPrefixOf(std::string(64, 'f')) + "77-0";
  const std::string nobodys = log + std::string(io::kTemporaryPrefix) + "77-0";
  const auto leave = [&] {
    for (const std::string& path : {own, others, nobodys}) table_.fs.Put(path, "half a com");
  };
  leave();
  Apply();
  EXPECT_FALSE(table_.fs.Lstat(own).value());
  leave();
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kAlready);
  EXPECT_FALSE(table_.fs.Lstat(own).value()) << "also where the commit itself was made";
  leave();
  ASSERT_TRUE(engine_->Undoer()->TakeBack(made_.plan, made_.digest));
  EXPECT_FALSE(table_.fs.Lstat(own).value());
  leave();
  ASSERT_TRUE(engine_->Dropper()->Drop(made_.plan, made_.digest));
  EXPECT_FALSE(table_.fs.Lstat(own).value());
  EXPECT_TRUE(table_.fs.Lstat(others).value());
  EXPECT_TRUE(table_.fs.Lstat(nobodys).value());
}

TEST_F(RestoreTest, SecondApplyMendsWhatVanished) {
  LoseAndOpen();
  Apply();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(Fresh())));
  EXPECT_EQ(engine_->Reader()->FindOperation(made_.plan, made_.digest, "apply").value()->files_gone,
            1);
  EXPECT_EQ(Apply().mended, 1);
  EXPECT_TRUE(OnDisk(Fresh()));
}

TEST_F(RestoreTest, VanishedFilesWithoutStagingAreTooLate) {
  LoseAndOpen();
  Apply();
  ASSERT_TRUE(engine_->Dropper()->Drop(made_.plan, made_.digest).value());
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(Fresh())));
  const auto again = engine_->Writer()->Restore(made_.plan, made_.digest, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kTooLate);
}

TEST_F(RestoreTest, OldFilesAndFoldersMayBeGoneByThen) {
  LoseAndOpen();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  ASSERT_TRUE(table_.fs.RemoveDirectory(TestTable::Local("d=b")));
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kDone);
  EXPECT_TRUE(OnDisk(Fresh()));
}

TEST_F(RestoreTest, RaceLostToAWriterElsewhereIsRetried) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json",
         [&] { table_.Commit({table_.Add("d=c/c.parquet", "c")}); });
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(outcome.version, 4);
  EXPECT_EQ(table_.Actions(4, "txn")[0]["version"], 4);
  EXPECT_EQ(table_.Actions(4, "commitInfo")[0]["readVersion"], 3);
  EXPECT_EQ(Now("b").rows, 10);
  EXPECT_EQ(Now("c").rows, 10);
}

TEST_F(RestoreTest, RaceLostToAWriterOfOurPartitionMeansLookAgain) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json",
         [&] { table_.Commit({table_.Add("d=b/later.parquet", "b", 1)}); });
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.kind, RestoreOutcome::Kind::kMoved);
  EXPECT_THAT(outcome.moved, ::testing::ElementsAre(HasSubstr("version 3")));
  EXPECT_EQ(Now("b").rows, 1);
}

// The old file, live again in another partition and under another spelling.
Json Twin(TestTable& table) {
  Json twin = table.Add("d=b/b.snappy.parquet", "c");
  twin["add"]["path"] = "d%3Db/b.snappy.parquet";
  return twin;
}

TEST_F(RestoreTest, FileThatIsReadElsewhereByNowIsNotAdded) {
  LoseAndOpen();
  table_.Commit({Twin(table_)});
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("its rows would be there twice"));
  EXPECT_EQ(Now("b").rows, 0);
}

TEST_F(RestoreTest, FileThatIsReadByAnotherNameIsNotAdded) {
  table_.LoseDayB();
  const std::string old = TestTable::Local("d=b/b.snappy.parquet");
  table_.fs.PutFolder(TestTable::Local("d=c"));
  ASSERT_TRUE(table_.fs.Link(old, TestTable::Local("d=c/linked.parquet")));
  table_.fs.PutSymlink(TestTable::Local("d=e"), "d=b");
  for (const auto& [name, day] : std::map<std::string, std::string>{
           {"d=c/linked.parquet", "c"}, {"d=e/b.snappy.parquet", "e"}}) {
    Open({Want("b", 1)});
    EXPECT_EQ(made_.examination.partitions[0].refusal, "");
    Json twin = table_.Actions(1, "add")[0];
    twin["path"] = name;
    twin["partitionValues"]["d"] = day;
    table_.Commit({{{"add", twin}}});
    const auto outcome = ApplyNow(*engine_, made_);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::kStale);
    EXPECT_THAT(outcome.error().what, HasSubstr("the same file on the disk as " + name));
    const auto again = engine_->Reader()->Examine({Want("b", 1)});
    ASSERT_TRUE(again);
    EXPECT_THAT(again->partitions[0].refusal, HasSubstr(name));
    table_.Commit({table_.Remove({{"add", twin}})}, "DELETE");
  }
  EXPECT_EQ(Now("b").rows, 0);
}

TEST_F(RestoreTest, RaceLostToAWriterOfTheSameFileElsewhereMeansLookAgain) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json",
         [&] { table_.Commit({Twin(table_)}); });
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kMoved);
}

TEST_F(RestoreTest, NothingIsWrittenBelowAStrayVersionThatCameMeanwhile) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json", [&] {
    table_.Commit({table_.Add("d=c/c.parquet", "c")});
    table_.fs.Put(TestTable::Local("_delta_log/09223372036854775807.json"), "{}\n");
  });
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kRefused);
  EXPECT_THAT(outcome.error().what, HasSubstr("move it away"));
}

TEST_F(RestoreTest, RaceLostToANewSchemaMeansLookAgain) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json", [&] {
    table_.Commit({TestTable::Metadata({{"delta.appendOnly", "true"}})});
  });
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kMoved);
}

TEST_F(RestoreTest, RaceLostToOurselvesIsDone) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json", [&] {
    auto other = OpenTable(table_);
    EXPECT_EQ(ApplyNow(*other, made_)->kind, RestoreOutcome::Kind::kDone);
  });
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.kind, RestoreOutcome::Kind::kAlready);
  EXPECT_EQ(outcome.version, 3);
  EXPECT_EQ(Now("b").rows, 10);
}

TEST_F(RestoreTest, VacuumThatWonTheRaceAndTookFreshFilesIsMended) {
  LoseAndOpen();
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json", [&] {
    table_.Commit({}, "VACUUM START");
    table_.Commit({}, "VACUUM END");
    ASSERT_TRUE(table_.fs.Remove(TestTable::Local(Fresh())));
  });
  EXPECT_EQ(Apply().mended, 1);
  EXPECT_TRUE(OnDisk(Fresh()));
}

// No reader may meet a version that names a file which is not there, be it for a moment only.
TEST_F(RestoreTest, VacuumThatWonTheRaceIsMendedBeforeTheCommit) {
  LoseAndOpen();
  bool there = false;
  fs_.On(testing::Call::kCreateNew, "00000000000000000003.json", [&] {
    table_.Commit({}, "VACUUM START");
    table_.Commit({}, "VACUUM END");
    ASSERT_TRUE(table_.fs.Remove(TestTable::Local(Fresh())));
    fs_.On(testing::Call::kCreateNew, "00000000000000000005.json",
           [&] { there = OnDisk(Fresh()).has_value(); });
  });
  EXPECT_EQ(Apply().version, 5);
  EXPECT_TRUE(there);
}

TEST_F(RestoreTest, VacuumThatDeletesAfterTheCommitIsMended) {
  LoseAndOpen();
  // The first look after the commit is the reading back.
  fs_.On(testing::Call::kOpen, "00000000000000000003.json",
         [&] { ASSERT_TRUE(table_.fs.Remove(TestTable::Local(Fresh()))); });
  EXPECT_EQ(Apply().mended, 1);
  EXPECT_TRUE(OnDisk(Fresh()));
}

TEST_F(RestoreTest, VacuumWithoutAnEndIsWaitedForAWhileOnly) {
  table_.LoseDayB();
  table_.Commit({}, "VACUUM START");
  Open({Want("b", 1)});
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kDone);
  EXPECT_GT(table_.clock.Slept(), Millis(1000));
  EXPECT_LT(table_.clock.Slept(), Millis(10'000));
}

TEST_F(RestoreTest, CommitThatReadsBackOtherwiseIsAnUnknownOutcome) {
  LoseAndOpen();
  fs_.On(testing::Call::kOpen, "00000000000000000003.json",
         [&] { table_.fs.Put(TestTable::CommitFile(3), "{}\n"); });
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kOutcomeUnknown);
}

TEST_F(RestoreTest, PartitionThatHasRowsAgainIsNotAddedTo) {
  LoseAndOpen();
  const auto steps = StepsNow(*engine_, made_);
  table_.Commit({table_.Add("d=b/later.parquet", "b", 1)});
  const auto outcome = engine_->Writer()->Restore(made_.plan, made_.digest, steps);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, RestoreOutcome::Kind::kMoved);
  EXPECT_THAT(outcome->moved, ::testing::ElementsAre(HasSubstr("partition b")));
}

TEST_F(RestoreTest, TableThatChangedSinceItWasLookedAtIsNotWrittenTo) {
  Json another = TestTable::Metadata();
  another["metaData"]["id"] = "99999999-2222-3333-4444-555555555555";
  Json wider = TestTable::UsualSchema();
  wider["fields"].push_back(TestTable::Field("z", "long"));
  const std::vector<std::pair<std::string, Json>> changes = {
      {"identity", another},
      {"schema", TestTable::Metadata(Json::object(), wider)},
      {"constraints", TestTable::Metadata({{"delta.constraints.positive", "x > 0"}})},
      {"protocol", TestTable::Metadata({{"delta.enableChangeDataFeed", "true"}})}};
  LoseAndOpen();
  const auto steps = StepsNow(*engine_, made_);
  for (const auto& [what, action] : changes) {
    table_.Commit({action});
    const auto outcome = engine_->Writer()->Restore(made_.plan, made_.digest, steps);
    ASSERT_TRUE(outcome) << what << ": " << outcome.error().Message();
    EXPECT_EQ(outcome->kind, RestoreOutcome::Kind::kMoved) << what;
    EXPECT_THAT(outcome->moved, ::testing::ElementsAre("the table's " + what + " changed"));
  }
  table_.Commit({TestTable::Metadata()});
  EXPECT_EQ(engine_->Writer()->Restore(made_.plan, made_.digest, steps)->kind,
            RestoreOutcome::Kind::kDone);
}

TEST_F(RestoreTest, TableThatIsPartitionedOtherwiseByNowIsNotWrittenTo) {
  LoseAndOpen();
  const auto steps = StepsNow(*engine_, made_);
  Json flat = TestTable::Metadata();
  flat["metaData"]["partitionColumns"] = Json::array();
  table_.Commit({flat, table_.Remove(table_.Add("d=a/a.parquet", "a"))}, "CREATE OR REPLACE TABLE");
  const auto outcome = engine_->Writer()->Restore(made_.plan, made_.digest, steps);
  ASSERT_TRUE(outcome) << outcome.error().Message();
  EXPECT_EQ(outcome->kind, RestoreOutcome::Kind::kMoved);
  EXPECT_THAT(outcome->moved, ::testing::Contains("the table's partitioning changed"));
}

// The plan says that it may be done, and was made by whoever made it.
TEST_F(RestoreTest, WhatTheTableDoesNotAllowIsNotWrittenWhateverThePlanSays) {
  table_.LoseDayB();
  table_.Commit({TestTable::Metadata({{"delta.constraints.positive", "x > 0"}})});
  engine_ = OpenTable(table_);
  made_ = PlanFor(*engine_, {Want("b", 1)});
  ASSERT_THAT(made_.examination.partitions[0].refusal, HasSubstr("CHECK constraint"));
  ASSERT_TRUE(PersistNow(*engine_, made_));
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_THAT(outcome.error().what, HasSubstr("CHECK constraint"));
  EXPECT_EQ(Now("b").rows, 0);
}

TEST_F(RestoreTest, TableWithAFeatureThatNobodyKnowsIsNotWrittenWhateverThePlanSays) {
  table_.LoseDayB(TestTable::Features({}, {"someNewFeature"}));
  engine_ = OpenTable(table_);
  made_ = PlanFor(*engine_, {Want("b", 1)});
  ASSERT_THAT(made_.examination.partitions[0].refusal, HasSubstr("someNewFeature"));
  ASSERT_TRUE(PersistNow(*engine_, made_));
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStale);
  EXPECT_EQ(Now("b").rows, 0);
}

TEST_F(RestoreTest, StrangersFileUnderOurFreshNameIsAConflictAndStays) {
  LoseAndOpen();
  table_.fs.Put(TestTable::Local(Fresh()), "something else");
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kConflict);
  EXPECT_EQ(table_.fs.ReadFile(TestTable::Local(Fresh()), 100).value(), "something else");
}

TEST_F(RestoreTest, FileOfAnotherOwnerIsCopiedBecauseItsTimeCannotBeSet) {
  table_.LoseDayB();
  table_.fs.SetOwner(TestTable::Local("d=b/b.snappy.parquet"), 4711, 100);
  table_.fs.SetMode(TestTable::Local("d=b/b.snappy.parquet"), 0666);
  Open({Want("b", 1)});
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.copied, 1);
  EXPECT_EQ(OnDisk(Fresh())->mode, 0666U);
}

TEST_F(RestoreTest, StagingOnAnotherFileSystemLinksTheOriginalWhereItStillIs) {
  table_.fs.PutFolder("/staging", 0700);
  table_.fs.PutMount("/staging", 77);
  LoseAndOpen();
  const RestoreOutcome outcome = Apply();
  EXPECT_EQ(outcome.linked, 1);
  EXPECT_TRUE(OnDisk(Fresh())->SameInode(*OnDisk("d=b/b.snappy.parquet")));
}

TEST_F(RestoreTest, StagingOnAnotherFileSystemIsCopiedBackWhereTheOriginalIsGone) {
  table_.fs.PutFolder("/staging", 0700);
  table_.fs.PutMount("/staging", 77);
  LoseAndOpen();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  EXPECT_EQ(Apply().copied, 1);
  EXPECT_EQ(table_.fs.ReadFile(TestTable::Local(Fresh()), 1000).value(),
            TestTable::Bytes("d=b/b.snappy.parquet"));
}

TEST_F(RestoreTest, InCommitTimestampGrowsThoughTheClockIsBehind) {
  table_.LoseDayB(TestTable::Features({}, {"inCommitTimestamp"}),
                  TestTable::Metadata({{"delta.enableInCommitTimestamps", "true"}}));
  Json info = {{"commitInfo", {{"operation", "WRITE"}, {"inCommitTimestamp", 1'900'000'000'000}}}};
  table_.fs.Put(TestTable::CommitFile(3), info.dump() + "\n");
  table_.latest = 3;
  Open({Want("b", 1)});
  Apply();
  EXPECT_EQ(table_.Actions(4, "commitInfo")[0]["inCommitTimestamp"], 1'900'000'000'001);
}

TEST_F(RestoreTest, ShortPartitionIsReplacedAndCommonFilesStay) {
  const Json kept = table_.Add("d=b/kept.parquet", "b");
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), kept, lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({TestTable().Remove(lost), shrunk}, "DELETE");
  Open({Want("b", 0, model::Mode::kReplace)});
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(Now("b").rows, 20);
  const auto removes = table_.Actions(2, "remove");
  ASSERT_EQ(removes.size(), 1U);
  EXPECT_EQ(removes[0]["path"], "d=b/shrunk.parquet");
  ASSERT_EQ(table_.Actions(2, "add").size(), 1U);
}

TEST_F(RestoreTest, OneEventIsTakenBackInsideAPartitionThatLivedOn) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({table_.Remove(lost), shrunk}, "DELETE");
  table_.Commit({table_.Add("d=b/later.parquet", "b", 1)});
  Open({Want("b", 0, model::Mode::kInvert, 1)});
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(Now("b").rows, 11);
  EXPECT_EQ(table_.Actions(3, "remove")[0]["path"], "d=b/shrunk.parquet");
}

TEST_F(RestoreTest, OldContentIsPutBesideLaterRows) {
  table_.LoseDayB();
  table_.Commit({table_.Add("d=b/later.parquet", "b", 1)});
  Open({Want("b", 1, model::Mode::kBeside)});
  EXPECT_EQ(Apply().kind, RestoreOutcome::Kind::kDone);
  EXPECT_EQ(Now("b").rows, 11);
  EXPECT_TRUE(table_.Actions(4, "remove").empty());
}

TEST_F(RestoreTest, ApplyGoesOnAfterACrashAnywhereAndRestoresOnce) {
  constexpr int64_t kMaxOperations = 40;
  for (int64_t operation = 1; operation < kMaxOperations; ++operation) {
    TestTable table;
    table.LoseDayB();
    testing::CrashingFs crashing(table.fs, "/graveyard");
    auto engine = MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable).value();
    const TestCase made = PlanFor(*engine, {Want("b", 1)});
    ASSERT_TRUE(PersistNow(*engine, made));
    crashing.CrashAt(operation, testing::Moment::kAfter);
    const bool whole = ApplyNow(*engine, made).has_value();
    crashing.Reboot(testing::Loss::kEverything);
    const auto again = ApplyNow(*engine, made);
    ASSERT_TRUE(again) << operation << ": " << again.error().Message();
    EXPECT_NE(again->kind, RestoreOutcome::Kind::kMoved) << operation;
    const auto now = engine->Reader()->Examine({Want("b", 0)}).value().partitions[0].now;
    EXPECT_EQ(now.rows, 10) << operation;
    EXPECT_EQ(engine->Reader()->FindOperation(made.plan, made.digest, "apply").value()->files_gone,
              0)
        << operation;
    if (whole) return;
  }
  FAIL() << "apply never ended";
}

}  // namespace
}  // namespace salvor::delta
