// What readers start from: checkpoints that say other than the commits, that cannot be read, and
// that stand behind lost commits; names in the log that are none of this table's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/duckdb/database.h"
#include "delta/table/table_log.h"
#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kManifest = ".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";

class ReplayCheckpointTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Log>> Open() {
    return Log::Open(table.fs, table.clock, duck, warehouse::NoProgress(), kTable);
  }
  model::Inventory Look() {
    auto log = Open();
    EXPECT_TRUE(log) << log.error().Message();
    if (!log) return {};
    auto inventory = (*log)->Look({{}, {}, true});
    EXPECT_TRUE(inventory) << inventory.error().Message();
    return inventory ? *inventory : model::Inventory();
  }
  static model::PartitionRecord Record(const model::Inventory& inventory, const std::string& day) {
    for (const auto& record : inventory.partitions)
      if (record.key.values[0] == day) return record;
    ADD_FAILURE() << "no partition " << day;
    return {};
  }
  void PutLog(const std::string& name, const std::string& bytes) {
    table.fs.Put(TestTable::Local("_delta_log/" + name), bytes);
  }
  void PutCheckpoint(int64_t version, const std::vector<Json>& adds) {
    std::string bytes = Json({{"checkpointMetadata", {{"version", version}}}}).dump() + "\n" +
                        TestTable::Protocol().dump() + "\n" + TestTable::Metadata().dump() + "\n";
    for (const Json& add : adds) bytes += add.dump() + "\n";
    PutLog(Name(version) + kManifest, bytes);
  }
  static std::string Name(int64_t version) {
    const std::string digits = std::to_string(version);
    return std::string(20 - digits.size(), '0') + digits;
  }
  // Version 0: a; 1: b; 2: c; 3: d.
  std::vector<Json> FourDays() {
    std::vector<Json> adds;
    for (const char* day : {"a", "b", "c", "d"}) {
      const std::string path = std::string("d=") + day + "/" + day + ".parquet";
      adds.push_back(table.Add(path, day));
      if (adds.size() == 1) {
        table.Commit({TestTable::Protocol(), TestTable::Metadata(), adds[0]});
      } else {
        table.Commit({adds.back()});
      }
    }
    return adds;
  }

  TestTable table;
  Duck duck{{}};
};

TEST_F(ReplayCheckpointTest, ACheckpointThatSaysWhatTheCommitsSayChangesNothing) {
  const auto adds = FourDays();
  PutCheckpoint(3, adds);
  const auto inventory = Look();
  EXPECT_EQ(inventory.partitions.size(), 4U);
  EXPECT_THAT(inventory.events, IsEmpty());
  EXPECT_THAT(inventory.notes, IsEmpty());
}

TEST_F(ReplayCheckpointTest, WhatACheckpointDroppedIsMissedThoughNoCommitRemovedIt) {
  const auto adds = FourDays();
  PutCheckpoint(3, {adds[0], adds[3]});
  table.Commit({table.Add("d=e/e.parquet", "e")});
  const auto inventory = Look();
  const auto lost = Record(inventory, "b");
  ASSERT_TRUE(lost.emptied);
  EXPECT_EQ(lost.emptied->event, 3);
  EXPECT_EQ(lost.now.rows, 0);
  EXPECT_EQ(lost.files_present, 1);
  EXPECT_THAT(lost.doubts, IsEmpty());
  EXPECT_EQ(Record(inventory, "d").now.rows, 10);
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("checkpoint 3 dropped 2 files (20 rows)")));
  auto log = Open();
  ASSERT_TRUE(log);
  const auto files = (*log)->FilesAt({{2, std::nullopt}, {4, std::nullopt}});
  ASSERT_TRUE(files) << files.error().Message();
  EXPECT_EQ((*files)[0].files.size(), 3U);
  EXPECT_EQ((*files)[1].files.size(), 3U);  // a, d and e: as readers have it
}

TEST_F(ReplayCheckpointTest, WhatACheckpointLacksOfItsOwnCommitIsInDoubt) {
  const auto adds = FourDays();
  PutCheckpoint(3, {adds[0], adds[1], adds[2]});
  const auto lost = Record(Look(), "d");
  ASSERT_EQ(lost.doubts.size(), 1U);
  EXPECT_FALSE(lost.doubts[0].may_choose);
}

TEST_F(ReplayCheckpointTest, AFileThatTheNewestCheckpointNamesTwiceIsInDoubtUntilACommitNamesIt) {
  const auto adds = FourDays();
  PutCheckpoint(3, {adds[0], adds[1], adds[2], adds[3], adds[1]});
  const auto doubled = Record(Look(), "b");
  EXPECT_EQ(doubled.now.rows, 10);
  ASSERT_EQ(doubled.doubts.size(), 1U);
  EXPECT_FALSE(doubled.doubts[0].may_choose);
  EXPECT_THAT(doubled.doubts[0].text, HasSubstr("checkpoint 3 names a file twice"));
  EXPECT_THAT(Record(Look(), "a").doubts, IsEmpty());
  for (int64_t version = 0; version < 3; ++version)  // the segment's base now
    ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(version)));
  EXPECT_EQ(Record(Look(), "b").doubts.size(), 1U);
  table.Commit({adds[1]});
  EXPECT_THAT(Record(Look(), "b").doubts, IsEmpty());
}

TEST_F(ReplayCheckpointTest, WhatACheckpointKeptIsThereAndItsRemoverIsNamed) {
  const Json a = table.Add("d=a/a.parquet", "a");
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), a});
  table.Commit({table.Remove(a)}, "DELETE");
  const Json b = table.Add("d=b/b.parquet", "b");
  table.Commit({b});
  PutCheckpoint(2, {a, b});
  const auto inventory = Look();
  EXPECT_EQ(Record(inventory, "a").now.rows, 10);
  EXPECT_THAT(inventory.notes,
              Contains(HasSubstr("checkpoint 2 kept 1 file (10 rows) that version 1 removed")));
}

TEST_F(ReplayCheckpointTest, ALossBehindLostCommitsIsInDoubtAndEarlierVersionsAreReached) {
  const auto adds = FourDays();
  table.Commit({table.Remove(adds[1])}, "DELETE");
  table.Commit({table.Add("d=e/e.parquet", "e")});
  PutCheckpoint(5, {adds[0], adds[2], adds[3], table.Add("d=e/e.parquet", "e")});
  ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(4)));
  const auto inventory = Look();
  EXPECT_EQ(inventory.window.first_version, 0);
  const auto lost = Record(inventory, "b");
  ASSERT_TRUE(lost.emptied);
  EXPECT_EQ(lost.emptied->event, 4);
  ASSERT_EQ(lost.doubts.size(), 1U);
  EXPECT_TRUE(lost.doubts[0].may_choose);
  EXPECT_THAT(lost.doubts[0].text, HasSubstr("commit 4 is lost"));
  auto log = Open();
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->FilesAt({{3, std::nullopt}}));
  EXPECT_FALSE((*log)->FilesAt({{4, std::nullopt}}));
}

TEST_F(ReplayCheckpointTest, ACommitThatNobodyReadsMayBeOdd) {
  const Json moved = table.Remove(table.Add("d=b/b.parquet", "b"));
  Json other = TestTable::Metadata({{"delta.appendOnly", "true"}});
  const std::vector<std::string> oddities = {
      "\xEF\xBB\xBF" + moved.dump() + "\n", "[" + moved.dump() + "]\n",
      "{\"add\":", other.dump() + "\n" + TestTable::Metadata().dump() + "\n"};
  for (const std::string& odd : oddities) {
    table.latest = -1;
    const auto adds = FourDays();
    table.Commit({table.Remove(adds[1])}, "DELETE");
    table.fs.Put(TestTable::CommitFile(4), odd);
    table.Commit({table.Add("d=e/e.parquet", "e")});
    table.fs.Put(TestTable::Local("_delta_log/" + Name(5) + kManifest), "");
    auto refusing = Open();
    ASSERT_TRUE(refusing);
    const auto refused = (*refusing)->Look({});
    ASSERT_FALSE(refused) << odd;  // without a checkpoint, readers read it
    EXPECT_THAT(refused.error().what, ::testing::Not(HasSubstr("is missing"))) << odd;
    PutCheckpoint(5, {adds[0], adds[2], adds[3], table.Add("d=e/e.parquet", "e")});
    const auto inventory = Look();
    EXPECT_THAT(inventory.notes, Contains(HasSubstr("commit 4 counts as lost")));
    const auto lost = Record(inventory, "b");
    ASSERT_TRUE(lost.emptied);
    ASSERT_EQ(lost.doubts.size(), 1U);
    EXPECT_TRUE(lost.doubts[0].may_choose);
    auto log = Open();
    ASSERT_TRUE(log);
    const auto both = (*log)->FilesAt({{3, std::nullopt}, {5, std::nullopt}});
    ASSERT_TRUE(both) << both.error().Message();
    EXPECT_EQ((*both)[0].files.size(), 4U);
    EXPECT_EQ((*both)[1].files.size(), 4U);
    const auto within = (*log)->FilesAt({{4, std::nullopt}});
    ASSERT_FALSE(within);
    EXPECT_NE(within.error().code, Code::kInternal);
  }
}

TEST_F(ReplayCheckpointTest, AVersionBeforeTheTablesOwnTermsHasNoFiles) {
  table.Commit({table.Add("d=a/a.parquet", "a")});
  table.Commit({TestTable::Protocol(), TestTable::Metadata()});
  auto log = Open();
  ASSERT_TRUE(log);
  const auto files = (*log)->FilesAt({{0, std::nullopt}});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, Code::kCorrupt);
  EXPECT_THAT(files.error().what, HasSubstr("holds no protocol action"));
}

TEST_F(ReplayCheckpointTest, TombstonesOfAJsonManifestAreNoted) {
  const auto adds = FourDays();
  const Json old = table.Add("d=z/z.parquet", "z");
  PutCheckpoint(3,
                {adds[0], adds[1], adds[2], adds[3], table.Remove(old), table.Remove(old, false)});
  for (int64_t version = 0; version <= 3; ++version)
    ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(version)));
  EXPECT_THAT(Look().notes, Contains(HasSubstr("names 1 file that were removed before it, 1 of")));
}

TEST_F(ReplayCheckpointTest, WhatStandsBelowAnOldCheckpointThatCannotBeReadIsNoLongerKnown) {
  const auto adds = FourDays();
  PutCheckpoint(1, {adds[0], adds[1]});
  PutLog(Name(1) + kManifest, "{\"checkpointMetadata\":{\"version\":1}}\n{\"protocol\":");
  PutCheckpoint(3, adds);
  ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(0)));
  const auto inventory = Look();
  EXPECT_EQ(inventory.window.first_version, 3);
  EXPECT_EQ(inventory.partitions.size(), 4U);
}

TEST_F(ReplayCheckpointTest, OneFileUnderTwoVectorsIsInDoubt) {
  const Json whole = table.Add("d=a/a.parquet", "a");
  const Json first = table.WithVector(whole);
  Json second = first;
  second["add"]["deletionVector"]["offset"] = 50;
  const Json features = TestTable::Features({"deletionVectors"}, {"deletionVectors"});
  for (const Json& other : {whole, second}) {
    table.latest = -1;
    table.Commit({features, TestTable::Metadata(), first});
    table.Commit({other});
    ASSERT_EQ(Record(Look(), "a").doubts.size(), 1U);
    EXPECT_FALSE(Record(Look(), "a").doubts[0].may_choose);
    EXPECT_THAT(Record(Look(), "a").doubts[0].text, HasSubstr("2 live entries"));
    table.Commit({table.Remove(other)}, "DELETE");
    EXPECT_TRUE(Record(Look(), "a").doubts.at(0).may_choose);
    ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(2)));
  }
}

TEST_F(ReplayCheckpointTest, AFileWhoseVectorIsReplacedIsInNoDoubt) {
  const Json whole = table.Add("d=a/a.parquet", "a");
  const Json first = table.WithVector(whole);
  Json second = first;
  second["add"]["deletionVector"]["offset"] = 50;
  table.Commit({TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                TestTable::Metadata(), whole});
  table.Commit({first, table.Remove(whole)}, "DELETE");
  table.Commit({table.Remove(first), second}, "DELETE");
  EXPECT_THAT(Record(Look(), "a").doubts, IsEmpty());
}

TEST_F(ReplayCheckpointTest, ACheckpointThatCannotBeReadIsLeftForTheCommits) {
  FourDays();
  PutLog(Name(2) + kManifest, "{\"checkpointMetadata\":{\"version\":2}}\n{\"protocol\":");
  const auto inventory = Look();
  EXPECT_EQ(inventory.partitions.size(), 4U);
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("cannot be read")));
}

TEST_F(ReplayCheckpointTest, CheckpointsOfOneVersionThatDifferAreRefused) {
  const auto adds = FourDays();
  PutCheckpoint(3, adds);
  PutLog(Name(3) + ".checkpoint.90a083e8-7026-4e79-81be-64bd76c43a11.json",
         TestTable::Protocol().dump() + "\n" + TestTable::Metadata().dump() + "\n" +
             adds[0].dump() + "\n");
  auto log = Open();
  ASSERT_TRUE(log);
  const auto inventory = (*log)->Look({});
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kRefused);
}

TEST_F(ReplayCheckpointTest, VersionsFarAboveAllOthersAreSetAsideAndNothingIsWritten) {
  FourDays();
  PutLog("09223372036854775807.json", "x");
  PutLog("09223372036854775806.checkpoint.parquet", "x");
  auto log = Open();
  ASSERT_TRUE(log) << log.error().Message();
  EXPECT_EQ((*log)->Latest(), 3);
  EXPECT_THAT((*log)->WritingRefusal(), HasSubstr("09223372036854775807"));
  EXPECT_THAT(Look().notes, Contains(HasSubstr("09223372036854775806.checkpoint.parquet")));
}

TEST_F(ReplayCheckpointTest, NamesThatSomeReaderStumblesOverAreNoted) {
  const auto adds = FourDays();
  PutLog("99999999999999999999.json", "");
  table.fs.PutFolder(TestTable::Local("_delta_log/00000000000000000004.json"));
  PutLog("_last_checkpoint", "{\"version\":9,\"size\":1}");
  const auto inventory = Look();
  EXPECT_EQ(inventory.version, 3);
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("99999999999999999999.json")));
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("is a folder")));
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("_last_checkpoint names version 9")));
  auto log = Open();
  ASSERT_TRUE(log);
  EXPECT_THAT((*log)->WritingRefusal(), HasSubstr("commit 4"));
}

TEST_F(ReplayCheckpointTest, CompactedCommitsThatDifferLeaveInDoubtWhatSparkReadsOtherwise) {
  const auto adds = FourDays();
  table.Commit({table.Remove(adds[2])}, "DELETE");
  std::string same;
  for (const Json& add : {adds[1], adds[2], adds[3]}) same += add.dump() + "\n";
  const std::string name = Name(1) + "." + Name(3) + ".compacted.json";
  PutLog(name, same);
  EXPECT_THAT(Look().notes, IsEmpty());
  PutLog(name, adds[1].dump() + "\n" + table.Add("d=e/e.parquet", "e").dump() + "\n");
  PutLog(Name(2) + "." + Name(4) + ".compacted.json", "x");  // begins within the first
  PutLog(Name(4) + "." + Name(9) + ".compacted.json", "x");  // ends above all commits
  const auto inventory = Look();
  EXPECT_THAT(Record(inventory, "b").doubts, IsEmpty());
  for (const char* day : {"d", "e"}) {
    ASSERT_EQ(Record(inventory, day).doubts.size(), 1U) << day;
    EXPECT_THAT(Record(inventory, day).doubts[0].text, HasSubstr(name));
    EXPECT_FALSE(Record(inventory, day).doubts[0].may_choose);
  }
  EXPECT_THAT(inventory.notes, Contains(HasSubstr("10 rows in 1 file are read by Spark alone")));
  PutCheckpoint(4, {adds[0], adds[1], adds[3]});
  EXPECT_THAT(Look().notes, IsEmpty());
}

TEST_F(ReplayCheckpointTest, CompactedCommitsAreNotRead) {
  FourDays();
  PutLog("00000000000000000000.00000000000000000003.compacted.json", "x");
  EXPECT_EQ(Look().partitions.size(), 4U);
  EXPECT_THAT(Look().notes, Contains(HasSubstr("Spark cannot read the table")));
  ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(1)));
  auto log = Open();
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->Look({}));
}

TEST_F(ReplayCheckpointTest, ARemoveThatOnlyMeansTheFileLeavesItLiveAndInDoubt) {
  for (const char* spelled : {"d%3Da/a.parquet", "./d=a/a.parquet"}) {
    const std::string day(1, spelled[0] == '.' ? 'y' : 'x');
    const Json add = table.Add("d=" + day + "/a.parquet", day);
    if (table.latest < 0) table.Commit({TestTable::Protocol(), TestTable::Metadata()});
    table.Commit({add});
    Json remove = table.Remove(add);
    std::string path = spelled;
    path.replace(path.find("a/a"), 1, day);
    remove["remove"]["path"] = path;
    table.Commit({remove}, "DELETE");
    const auto record = Record(Look(), day);
    EXPECT_EQ(record.now.rows, 10) << spelled;
    ASSERT_EQ(record.doubts.size(), 1U) << spelled;
    EXPECT_FALSE(record.doubts[0].may_choose);
    EXPECT_THAT(record.doubts[0].text, HasSubstr(path));
  }
}

TEST_F(ReplayCheckpointTest, TwoActionsOfOneFileInOneCommitLeaveItInDoubt) {
  const Json a = table.Add("d=a/a.parquet", "a");
  const Json b = table.Add("d=b/b.parquet", "b");
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), a});
  table.Commit({table.Remove(a), a, b, table.Remove(b)});
  const auto inventory = Look();
  for (const char* day : {"a", "b"}) {
    ASSERT_EQ(Record(inventory, day).doubts.size(), 1U) << day;
    EXPECT_THAT(Record(inventory, day).doubts[0].text, HasSubstr("version 1"));
  }
  table.Commit({table.Remove(a)}, "DELETE");
  EXPECT_TRUE(Record(Look(), "a").doubts.at(0).may_choose);
}

TEST_F(ReplayCheckpointTest, ManyFilesOfOneFateAreOneDoubtAndTheGraverOneCounts) {
  const Json a = table.Add("d=a/a.parquet", "a");
  const Json b = table.Add("d=a/b.parquet", "a");
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), a, b});
  table.Commit({table.Remove(a), a, table.Remove(b), b});
  const auto both = Record(Look(), "a").doubts;
  ASSERT_EQ(both.size(), 1U);
  EXPECT_THAT(both[0].text, HasSubstr("and 1 more like it"));
  for (const Json& settled : {a, b}) {
    EXPECT_FALSE(Record(Look(), "a").doubts.at(0).may_choose);
    table.Commit({table.Remove(settled)}, "DELETE");
  }
  EXPECT_TRUE(Record(Look(), "a").doubts.at(0).may_choose);
}

TEST_F(ReplayCheckpointTest, APathThatIsNoUriIsToldUntilACheckpointNoLongerHoldsIt) {
  const Json odd = table.Add("d=a/a b.parquet", "a");
  const Json plain = table.Add("d=b/b.parquet", "b");
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), odd, plain});
  table.Commit({table.Remove(odd)}, "DELETE");
  EXPECT_THAT(Look().notes, Contains(HasSubstr("'d=a/a b.parquet', which is not a URI")));
  PutCheckpoint(1, {plain});
  EXPECT_THAT(Look().notes, IsEmpty());
}

TEST_F(ReplayCheckpointTest, TwoDifferentMetadataInOneCommitAreRefused) {
  Json other = TestTable::Metadata();
  other["metaData"]["partitionColumns"] = Json::array();
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), other});
  auto log = Open();
  ASSERT_TRUE(log);
  const auto inventory = (*log)->Look({});
  ASSERT_FALSE(inventory);
  EXPECT_THAT(inventory.error().Message(), HasSubstr("two metaData"));
}

}  // namespace
}  // namespace salvor::delta
