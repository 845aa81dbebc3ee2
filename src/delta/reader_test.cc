// DeltaReader on a table in memory: what needs no rows to be read.
#include "delta/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReaderTest : public ::testing::Test {
 protected:
  model::Examined ExamineOne(const warehouse::Wanted& wanted) {
    engine_ = OpenTable(table_);
    auto examination = engine_->Reader()->Examine({wanted});
    EXPECT_TRUE(examination) << examination.error().Message();
    return examination ? examination->partitions[0] : model::Examined{};
  }

  TestTable table_;
  std::unique_ptr<warehouse::Engine> engine_;
};

TEST_F(ReaderTest, LostPartitionIsExamined) {
  table_.LoseDayB();
  const model::Examined one = ExamineOne(Want("b", 1));
  EXPECT_EQ(one.restore.rows, 10);
  EXPECT_EQ(one.restore.files, 1);
  EXPECT_EQ(one.now.files, 0);
  EXPECT_EQ(one.present, "");
  EXPECT_EQ(one.files_present, 1);
  EXPECT_EQ(one.files_gone, 0);
  EXPECT_THAT(one.refusal, IsEmpty());
}

TEST_F(ReaderTest, GoneFilesAreCounted) {
  table_.LoseDayB();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  const model::Examined one = ExamineOne(Want("b", 1));
  EXPECT_EQ(one.files_present, 0);
  EXPECT_EQ(one.files_gone, 1);
}

TEST_F(ReaderTest, FileOfAnotherLengthThanTheLogSaysIsGone) {
  table_.LoseDayB();
  table_.fs.Put(TestTable::Local("d=b/b.snappy.parquet"), "cut");
  const model::Examined one = ExamineOne(Want("b", 1));
  EXPECT_EQ(one.files_present, 0);
  EXPECT_EQ(one.files_gone, 1);
  EXPECT_THAT(one.gone_examples, ElementsAre(HasSubstr("3 bytes, and the log says ")));
}

TEST_F(ReaderTest, RefusalsAreThoseOfAnExamination) {
  table_.LoseDayB();
  Json narrow = TestTable::Schema({TestTable::Field("d", "string")});
  table_.Commit({TestTable::Metadata(Json::object(), narrow)});
  const model::Examined one = ExamineOne(Want("b", 1));
  EXPECT_THAT(one.refusal, HasSubstr("column 'x'"));
  const auto refusals = engine_->Reader()->Refusals({Want("b", 1), Want("a", 0)});
  ASSERT_TRUE(refusals) << refusals.error().Message();
  EXPECT_THAT(*refusals, ElementsAre(one.refusal, one.refusal));
}

TEST_F(ReaderTest, RefusalsLookAtPathsAndAtNoFile) {
  table_.LoseDayB();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  auto engine = OpenTable(table_);
  EXPECT_THAT(engine->Reader()->Refusals({Want("b", 1)}).value(), ElementsAre(""));
  Json outside = table_.Add("d=c/c.parquet", "c");
  outside["add"]["path"] = "/elsewhere/c.parquet";
  const int64_t there = table_.Commit({outside});
  table_.Commit({table_.Remove(outside)}, "DELETE");
  engine = OpenTable(table_);
  EXPECT_THAT(engine->Reader()->Refusals({Want("c", there)}).value(),
              ElementsAre(HasSubstr("other folders")));
}

TEST_F(ReaderTest, OneReadingAnswersForSnapshotsBetweenWhichNothingTouchedThePartition) {
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), table_.Add("d=a/a.parquet", "a"),
                 table_.Add("d=b/b.parquet", "b"), table_.Add("d=c/c.parquet", "c")});
  const std::vector<Json> adds = table_.Actions(0, "add");
  std::vector<warehouse::Wanted> wanted;
  for (const size_t i : {0U, 1U, 2U}) {
    const int64_t version = table_.Commit({table_.Remove({{"add", adds[i]}})}, "DELETE");
    wanted.push_back(Want(std::string(1, static_cast<char>('a' + i)), version - 1));
  }
  auto engine = OpenTable(table_);
  const auto one_by_one = engine->Reader()->Examine(wanted);
  for (auto& one : wanted) one.unchanged_since = 0;
  const auto at_once = engine->Reader()->Examine(wanted);
  ASSERT_TRUE(one_by_one && at_once);
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(at_once->partitions[i].content, one_by_one->partitions[i].content);
    EXPECT_EQ(at_once->partitions[i].snapshot, one_by_one->partitions[i].snapshot);
    EXPECT_EQ(at_once->partitions[i].restore, one_by_one->partitions[i].restore);
    EXPECT_EQ(at_once->partitions[i].deadline, one_by_one->partitions[i].deadline);
  }
}

TEST_F(ReaderTest, VectorFilesCountAsFiles) {
  table_.Commit({TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                 TestTable::Metadata(), table_.WithVector(table_.Add("d=b/b.parquet", "b"))});
  const Json add = {{"add", table_.Actions(0, "add")[0]}};
  table_.Commit({table_.Remove(add)}, "DELETE");
  ASSERT_TRUE(table_.fs.Remove(
      TestTable::Local("deletion_vector_00000000-0000-0000-0000-000000000000.bin")));
  const model::Examined one = ExamineOne(Want("b", 0));
  EXPECT_EQ(one.restore.rows, 7);
  EXPECT_EQ(one.files_present, 1);
  EXPECT_EQ(one.files_gone, 1);
}

TEST_F(ReaderTest, AVectorThatEndsBehindItsFileIsGone) {
  const Json first = table_.WithVector(table_.Add("d=b/b.parquet", "b"));
  Json second = first;
  second["add"]["path"] = "d=b/c.parquet";
  table_.Add("d=b/c.parquet", "b");
  second["add"]["deletionVector"]["offset"] = 40;
  table_.Commit({TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                 TestTable::Metadata(), first, second});
  table_.Commit({table_.Remove(first), table_.Remove(second)}, "DELETE");
  const model::Examined one = ExamineOne(Want("b", 0));
  EXPECT_EQ(one.files_gone, 1);
  EXPECT_THAT(one.gone_examples, ElementsAre(HasSubstr("d=b/c.parquet ends at byte 86")));
}

TEST_F(ReaderTest, DeadlineIsTheRemovalPlusTheTablesRetention) {
  table_.LoseDayB(TestTable::Protocol(),
                  TestTable::Metadata({{"delta.deletedFileRetentionDuration", "interval 2 days"}}));
  const int64_t removed = table_.Actions(2, "remove")[0]["deletionTimestamp"].get<int64_t>();
  const model::Examined one = ExamineOne(Want("b", 1));
  ASSERT_TRUE(one.deadline);
  EXPECT_EQ(MillisOf(*one.deadline), removed + 2 * 86'400'000);
  EXPECT_THAT(one.deadline_reason, HasSubstr("VACUUM"));
}

TEST_F(ReaderTest, LogCleanupMayComeFirst) {
  table_.LoseDayB(TestTable::Protocol(),
                  TestTable::Metadata({{"delta.logRetentionDuration", "interval 1 days"}}));
  EXPECT_THAT(ExamineOne(Want("b", 1)).deadline_reason, HasSubstr("drop log files"));
}

TEST_F(ReaderTest, EmptySnapshotIsRefused) {
  table_.LoseDayB();
  EXPECT_THAT(ExamineOne(Want("b", 0)).refusal, HasSubstr("no rows"));
}

TEST_F(ReaderTest, FilesOutsideTheTableAreRefused) {
  for (const std::string path :
       {"../other/x.parquet", "/etc/x.parquet", "d=b/%2E%2E/%2E%2E/x.parquet"}) {
    TestTable table;
    Json add = table.Add("x.parquet", "b");
    add["add"]["path"] = path;
    table.Commit({TestTable::Protocol(), TestTable::Metadata(), add});
    table.Commit({table.Remove(add)}, "DELETE");
    auto engine = OpenTable(table);
    const auto examination = engine->Reader()->Examine({Want("b", 0)});
    ASSERT_TRUE(examination) << examination.error().Message();
    EXPECT_FALSE(examination->partitions[0].refusal.empty()) << path;
  }
}

TEST_F(ReaderTest, InvertingIsRefusedOnceItsFilesWereChanged) {
  const Json lost = table_.Add("d=b/lost.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), lost});
  const Json shrunk = table_.Add("d=b/shrunk.parquet", "b", 4);
  table_.Commit({table_.Remove(lost), shrunk}, "DELETE");
  table_.Commit({table_.Remove(shrunk), table_.Add("d=b/third.parquet", "b", 2)}, "UPDATE");
  const std::string refusal = ExamineOne(Want("b", 0, model::Mode::kInvert, 1)).refusal;
  EXPECT_THAT(refusal, HasSubstr("version 2"));
  EXPECT_THAT(refusal, HasSubstr("UPDATE"));
}

TEST_F(ReaderTest, RowsThatAreBackAlreadyAreNotPutBeside) {
  const Json file = table_.Add("d=b/b.parquet", "b");
  table_.Commit({TestTable::Protocol(), TestTable::Metadata(), file});
  EXPECT_THAT(ExamineOne(Want("b", 0, model::Mode::kBeside)).refusal, HasSubstr("twice"));
}

TEST_F(ReaderTest, DigestOfContentDoesNotDependOnStats) {
  table_.LoseDayB();
  const std::string before = ExamineOne(Want("a", 0)).present;
  Json again = {{"add", table_.Actions(0, "add")[0]}};
  again["add"]["stats"] = R"({"numRecords":11})";
  again["add"]["dataChange"] = false;
  table_.Commit({again}, "COMPUTE STATS");
  EXPECT_EQ(ExamineOne(Want("a", 0)).present, before);
}

TEST_F(ReaderTest, RestoredRowsThatWereTakenAgainAreReported) {
  table_.LoseDayB();
  engine_ = OpenTable(table_);
  const TestCase made = PlanFor(*engine_, {Want("b", 1)});
  ASSERT_TRUE(PersistNow(*engine_, made));
  ASSERT_TRUE(ApplyNow(*engine_, made));
  auto state = engine_->Reader()->FindOperation(made.plan, made.digest, "apply").value();
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->live);
  EXPECT_EQ(state->files, 1);
  table_.latest = 3;
  table_.Commit({table_.Remove({{"add", table_.Actions(3, "add")[0]}})}, "DELETE");
  state = engine_->Reader()->FindOperation(made.plan, made.digest, "apply").value();
  EXPECT_FALSE(state->live);
  EXPECT_THAT(state->lost_since, ElementsAre(HasSubstr("version 4")));
  EXPECT_THAT(engine_->Reader()->ChangesSince(made.plan, 3).value(),
              ElementsAre(HasSubstr("DELETE")));
}

TEST_F(ReaderTest, RestoredRowsLiveOnThroughUpkeepUntilSomebodyTakesThem) {
  table_.LoseDayB();
  engine_ = OpenTable(table_);
  const TestCase made = PlanFor(*engine_, {Want("b", 1)});
  ASSERT_TRUE(PersistNow(*engine_, made));
  ASSERT_TRUE(ApplyNow(*engine_, made));
  table_.latest = 3;
  Json compacted = table_.Add("d=b/compacted.parquet", "b");
  compacted["add"]["dataChange"] = false;
  table_.Commit({table_.Remove({{"add", table_.Actions(3, "add")[0]}}, false), compacted},
                "OPTIMIZE");
  auto state = engine_->Reader()->FindOperation(made.plan, made.digest, "apply").value();
  EXPECT_TRUE(state->live);
  EXPECT_THAT(state->lost_since, ElementsAre(HasSubstr("OPTIMIZE")));
  table_.Commit({table_.Remove(compacted)}, "DELETE");
  state = engine_->Reader()->FindOperation(made.plan, made.digest, "apply").value();
  EXPECT_FALSE(state->live);
}

TEST_F(ReaderTest, UnknownOperationIsNothing) {
  table_.LoseDayB();
  engine_ = OpenTable(table_);
  const TestCase made = PlanFor(*engine_, {Want("b", 1)});
  EXPECT_FALSE(engine_->Reader()->FindOperation(made.plan, made.digest, "apply").value());
}

TEST_F(ReaderTest, ChangesElsewhereAreNotListed) {
  table_.LoseDayB();
  engine_ = OpenTable(table_);
  const TestCase made = PlanFor(*engine_, {Want("b", 1)});
  table_.Commit({table_.Add("d=c/c.parquet", "c")});
  EXPECT_THAT(engine_->Reader()->ChangesSince(made.plan, 2).value(), IsEmpty());
}

TEST_F(ReaderTest, WhoNamesAFolderOrFileOfTheTableIsToldTheTable) {
  table_.LoseDayB();
  table_.fs.PutFolder("/lake/other");
  const std::vector<std::pair<std::string, std::string>> said = {
      {TestTable::Local("d=b"), "not a Delta table"},
      {TestTable::Local("_delta_log"), "not a Delta table"},
      {TestTable::Local("d=b/b.snappy.parquet"), "this is not a folder"}};
  for (const auto& [path, what] : said) {
    const auto engine = MakeEngine(table_.fs, table_.clock, warehouse::NoProgress(), path);
    ASSERT_FALSE(engine) << path;
    EXPECT_EQ(engine.error().code, Code::kNotFound) << path;
    EXPECT_THAT(engine.error().what, HasSubstr(what)) << path;
    EXPECT_EQ(engine.error().next, "Name the table: /lake/t") << path;
  }
  for (const char* path : {"/lake/other", "/lake/none"}) {
    const auto engine = MakeEngine(table_.fs, table_.clock, warehouse::NoProgress(), path);
    ASSERT_FALSE(engine) << path;
    EXPECT_THAT(engine.error().next, ::testing::Not(HasSubstr("Name the table:"))) << path;
  }
}

}  // namespace
}  // namespace salvor::delta
