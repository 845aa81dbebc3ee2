// The inventory of tables whose logs are written by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/duckdb/database.h"
#include "delta/protocol/action.h"
#include "delta/table/table_log.h"
#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

class InventoryTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Log>> Open() {
    return Log::Open(table.fs, table.clock, duck, warehouse::NoProgress(), kTable);
  }
  Result<model::Inventory> Look(const warehouse::LookRequest& request = {{}, {}, true}) {
    auto log = Open();
    if (!log) return Fail(log.error());
    return (*log)->Look(request);
  }
  model::PartitionRecord Record(const model::Inventory& inventory, const std::string& day) {
    for (const auto& record : inventory.partitions)
      if (record.key.values[0] == day) return record;
    ADD_FAILURE() << "no partition " << day;
    return {};
  }
  // The file that the log calls `path` lies where that leads once decoded.
  void Decode(const std::string& path) {
    const std::string written = TestTable::Local(path);
    table.fs.Put(TestTable::Local(*DecodeUri(path)), *table.fs.ReadFile(written, 1 << 20));
    EXPECT_TRUE(table.fs.Remove(written));
  }
  void PutLog(const std::string& name, const std::string& bytes) {
    table.fs.Put(TestTable::Local("_delta_log/" + name), bytes);
  }

  TestTable table;
  Duck duck{{}};
};

TEST_F(InventoryTest, ALostDayIsNamedWithItsEventAndItsFiles) {
  table.LoseDayB();
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(inventory->version, 2);
  ASSERT_EQ(inventory->partitions.size(), 2U);
  const auto lost = Record(*inventory, "b");
  ASSERT_TRUE(lost.emptied);
  EXPECT_EQ(lost.emptied->event, 2);
  EXPECT_EQ(lost.emptied->tally.rows, 10);
  EXPECT_EQ(lost.files_present, 1);
  EXPECT_EQ(lost.files_gone, 0);
  EXPECT_TRUE(lost.deadline && !lost.deadline_reason.empty());
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].operation, "DELETE");
  EXPECT_EQ(inventory->events[0].emptied, 1);
  EXPECT_EQ(inventory->events[0].rows_removed, 10);
  ASSERT_EQ(inventory->events[0].changes.size(), 1U);
}

TEST_F(InventoryTest, AVacuumedFileIsGone) {
  table.LoseDayB();
  ASSERT_TRUE(table.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  const auto inventory = Look();
  ASSERT_TRUE(inventory);
  EXPECT_EQ(Record(*inventory, "b").files_gone, 1);
}

TEST_F(InventoryTest, AMissingVectorFileMakesItsDataFileUseless) {
  const Json lost = table.WithVector(table.Add("d=b/b.parquet", "b"));
  table.Commit(
      {TestTable::Features({"deletionVectors"}, {"deletionVectors"}), TestTable::Metadata(), lost});
  table.Commit({table.Remove(lost)}, "DELETE");
  ASSERT_TRUE(table.fs.Remove(
      TestTable::Local("deletion_vector_00000000-0000-0000-0000-000000000000.bin")));
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Record(*inventory, "b").emptied->tally.rows, 7);
  EXPECT_EQ(Record(*inventory, "b").files_gone, 1);
}

TEST_F(InventoryTest, ALiveFileThatIsNotThereOrNotAsLongAsTheLogSaysIsBroken) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), table.Add("d=a/a.parquet", "a"),
                table.Add("d=a/other.parquet", "a", 7), table.Add("d=b/b%20c.parquet", "b")});
  Decode("d=b/b%20c.parquet");
  ASSERT_TRUE(table.fs.Remove(TestTable::Local("d=a/a.parquet")));
  table.fs.Put(TestTable::Local("d=a/other.parquet"), "short");
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(inventory->pieces_looked_for, std::optional(true));
  const model::Damage broken = Record(*inventory, "a").broken;
  EXPECT_EQ(broken.pieces, 2);
  EXPECT_EQ(broken.rows, 17);
  EXPECT_THAT(broken.examples,
              ::testing::ElementsAre(
                  "d=a/a.parquet: it is not there",
                  ::testing::StartsWith("d=a/other.parquet: 5 bytes long, and the log says")));
  EXPECT_EQ(Record(*inventory, "b").broken.pieces, 0);
  warehouse::LookRequest request;
  request.pieces = false;
  const auto unseen = Look(request);
  ASSERT_TRUE(unseen);
  EXPECT_EQ(unseen->pieces_looked_for, std::optional(false));
  EXPECT_EQ(Record(*unseen, "a").broken.pieces, 0);
}

TEST_F(InventoryTest, AnEscapedPathIsDecodedOnceToFindItsFile) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata(),
                table.Add("d=a%2520b/a.parquet", "a%20b"), table.Add("d=a%3Ab/a.parquet", "a:b")});
  for (const char* path : {"d=a%2520b/a.parquet", "d=a%3Ab/a.parquet"}) Decode(path);
  EXPECT_EQ(Record(*Look(), "a%20b").broken, model::Damage());
  EXPECT_EQ(Record(*Look(), "a:b").broken, model::Damage());
}

TEST_F(InventoryTest, AFileThatLiesWhereItsPathLeadsUndecodedIsBrokenAndTold) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), table.Add("d=a%20/a.parquet", "a ")});
  EXPECT_THAT(Record(*Look(), "a ").broken.examples,
              ::testing::ElementsAre("d=a%20/a.parquet: it is not there, but where its path leads "
                                     "undecoded"));
}

TEST_F(InventoryTest, EachFolderIsListedOnceAndNoDataFileIsLookedAtAlone) {
  std::vector<Json> actions = {TestTable::Protocol(), TestTable::Metadata()};
  for (int i = 0; i < 20; ++i)
    actions.push_back(table.Add("d=a/" + std::to_string(i) + ".parquet", "a"));
  table.Commit(actions);
  table.fs.ForgetAccesses();
  ASSERT_TRUE(Look());
  int listed = 0;
  for (const auto& access : table.fs.Accesses()) {
    if (access.path == TestTable::Local("d=a")) ++listed;
    EXPECT_EQ(access.path.find(".parquet"), std::string::npos) << access.method << access.path;
  }
  EXPECT_EQ(listed, 1);
}

TEST_F(InventoryTest, ALiveFileWhoseVectorIsNotThereIsBroken) {
  table.Commit({TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                TestTable::Metadata(), table.WithVector(table.Add("d=b/b.parquet", "b"))});
  EXPECT_EQ(Record(*Look(), "b").broken.pieces, 0);
  const std::string vector =
      TestTable::Local("deletion_vector_00000000-0000-0000-0000-000000000000.bin");
  table.fs.Put(vector, TestTable::VectorBytes().substr(0, 46));
  EXPECT_THAT(
      Record(*Look(), "b").broken.examples,
      ::testing::ElementsAre("d=b/b.parquet: its deletion vector ends at byte 47 of a file of 46"));
  ASSERT_TRUE(table.fs.Remove(vector));
  EXPECT_THAT(Record(*Look(), "b").broken.examples,
              ::testing::ElementsAre("d=b/b.parquet: its deletion vector is not there"));
}

TEST_F(InventoryTest, FilesBehindLinksAndInFoldersElsewhereAreFound) {
  table.fs.Put("/other/far.parquet", "rows");
  table.fs.Put("/mount/near.parquet", "rows");
  table.fs.PutSymlink(TestTable::Local("d=a"), "/mount");
  table.fs.PutSymlink(TestTable::Local("round"), kTable);
  Json far = table.Add("far.parquet", "b");
  far["add"]["path"] = "/other/far.parquet";
  far["add"]["size"] = 4;
  Json near = far;
  near["add"]["path"] = "d=a/near.parquet";
  Json elsewhere = far;
  elsewhere["add"]["path"] = "s3://bucket/x.parquet";
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), far, near, elsewhere});
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Record(*inventory, "b").broken, model::Damage());
  EXPECT_THAT(inventory->notes,
              ::testing::Contains(HasSubstr("1 live file on another file system")));
}

TEST_F(InventoryTest, AFolderThatCannotBeListedIsNamedWhereItsFilesAreMissed) {
  table.fs.PutFolder(TestTable::Local("lost+found"), 0);
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), table.Add("d=a/a.parquet", "a")});
  EXPECT_THAT(Look()->notes, ::testing::IsEmpty());
  table.fs.SetMode(TestTable::Local("d=a"), 0);
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Record(*inventory, "a").broken.pieces, 1);
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("could not be listed")));
}

TEST_F(InventoryTest, ARemovedFileThatWasCutShortCannotComeBack) {
  table.LoseDayB();
  table.fs.Put(TestTable::Local("d=b/b.snappy.parquet"), "short");
  const auto lost = Record(*Look(), "b");
  EXPECT_EQ(lost.files_gone, 1);
  EXPECT_THAT(lost.gone_examples, ::testing::ElementsAre(::testing::StartsWith(
                                      "d=b/b.snappy.parquet: 5 bytes long, and the log says")));
}

TEST_F(InventoryTest, TheWindowIsAllThatTheLogHoldsAndSinceNarrowsIt) {
  table.LoseDayB();
  table.clock.Advance(std::chrono::hours(24 * 365));
  const auto whole = Look();
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->window.first_version, 0);
  EXPECT_TRUE(whole->window.recent_from > whole->at);
  EXPECT_TRUE(Record(*whole, "b").emptied);
  const auto narrow = Look({table.clock.Now(), {}, true});
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow->window.first_version, 2);
  EXPECT_FALSE(narrow->window.whole_history);
}

TEST_F(InventoryTest, OtherPartitionColumnsAreAnEventWithTheRowsThatFell) {
  const Json a = table.Add("d=a/a.parquet", "a", 50);
  const Json b = table.Add("d=b/b.parquet", "b", 30);
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), a, b});
  Json metadata = TestTable::Metadata();
  metadata["metaData"]["partitionColumns"] = Json::array();
  Json c = table.Add("c.parquet", "a", 5);
  c["add"]["partitionValues"] = Json::object();
  table.Commit({metadata, table.Remove(a), table.Remove(b), c});
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  const model::Event& event = inventory->events[0];
  EXPECT_TRUE(event.repartitions);
  EXPECT_EQ(event.kind, model::EventKind::kRemoval);
  EXPECT_EQ(event.rows_removed, 75);
  EXPECT_EQ(event.partitions, 2);
  EXPECT_EQ(inventory->window.first_version, 1);
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("left 75 rows fewer")));
}

// What is gone is keyed by the columns of its time; what is live, by today's.
TEST_F(InventoryTest, KeysOfAColumnMappingThatWasSwitchedOffAreNoDoubtOfWhatIsGone) {
  const Json mapped =
      TestTable::Schema({TestTable::Field("d", "string", true,
                                          {{"delta.columnMapping.id", 1},
                                           {"delta.columnMapping.physicalName", "col-1"}}),
                         TestTable::Field("x", "long")});
  const auto add = [this](const std::string& path, const std::string& key) {
    Json action = table.Add(path, "");
    action["add"]["partitionValues"] = {{key, path.substr(0, 1)}};
    return action;
  };
  const Json a = add("a.parquet", "col-1");
  const Json b = add("b.parquet", "col-1");
  table.Commit({TestTable::Protocol(2, 5),
                TestTable::Metadata({{"delta.columnMapping.mode", "name"}}, mapped), a, b});
  table.Commit({table.Remove(b)}, "DELETE");
  table.Commit({TestTable::Metadata(), table.Remove(a), add("a2.parquet", "d")});
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_TRUE(Record(*inventory, "b").emptied);
  EXPECT_TRUE(Record(*inventory, "b").doubts.empty());
  EXPECT_TRUE(Record(*inventory, "a").doubts.empty());
  table.Commit({add("a3.parquet", "col-1")});
  inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_FALSE(Record(*inventory, "a").doubts.empty());
  EXPECT_FALSE(Record(*inventory, "b").doubts.empty());
}

TEST_F(InventoryTest, DataFilesThatNothingNamesAreTold) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata()});
  for (const char* path : {"d=a/old.parquet", "_change_data/c.parquet", "_staging/s.parquet",
                           "d=a/.hidden.parquet", "d=a/x.crc", "_d=1/old.parquet"})
    table.fs.Put(TestTable::Local(path), "rows");
  const Json named = table.Add("d=a/named.parquet", "a");
  table.Commit({named});
  table.Commit({table.Remove(named)});
  const auto notes = [&] { return Look()->notes; };
  EXPECT_THAT(notes(), ::testing::IsEmpty());
  table.clock.Advance(std::chrono::hours(24 * 8));
  EXPECT_THAT(notes(), ::testing::ElementsAre(HasSubstr("2 data files that this log does not name "
                                                        "(8 B): _d=1, d=a.")));
}

TEST_F(InventoryTest, ADayThatIsBackIsIntact) {
  table.LoseDayB();
  table.Commit({table.Add("d=b/b.snappy.parquet", "b")});
  const auto inventory = Look();
  ASSERT_TRUE(inventory);
  const auto record = Record(*inventory, "b");
  EXPECT_FALSE(record.emptied || record.replaced || record.content_differs);
  EXPECT_EQ(record.emptyings, 1);
}

TEST_F(InventoryTest, TheKindOfAnEventFollowsWhatItDid) {
  const Json a = table.Add("d=a/a.parquet", "a");
  const Json b = table.Add("d=b/b.parquet", "b");
  const Json c = table.Add("d=b/c.parquet", "b");
  table.Commit({TestTable::Protocol(), TestTable::Metadata(), a, b});
  table.Commit({table.Remove(b, false), c}, "OPTIMIZE");
  table.Commit({table.Remove(c), table.Add("d=a/d.parquet", "a")}, "UPDATE");
  table.Commit({table.Remove(a, false)}, "OPTIMIZE");
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 3U);
  EXPECT_EQ(inventory->events[0].kind, model::EventKind::kUpkeep);
  EXPECT_EQ(inventory->events[1].kind, model::EventKind::kRewrite);
  // Rows that an upkeep takes away may live on where nobody looks.
  EXPECT_EQ(inventory->events[2].kind, model::EventKind::kRewrite);
}

TEST_F(InventoryTest, AMissingCommitIsNamed) {
  table.LoseDayB();
  ASSERT_TRUE(table.fs.Remove(TestTable::CommitFile(1)));
  const auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kCorrupt);
  EXPECT_THAT(inventory.error().Message(), HasSubstr("00000000000000000001.json"));
}

TEST_F(InventoryTest, ACorruptLineIsNamedByFileAndNumber) {
  table.LoseDayB();
  PutLog("00000000000000000003.json", "{\"commitInfo\":{}}\n{\"add\":{\"path\":\"x\"\n");
  const auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kCorrupt);
  EXPECT_THAT(inventory.error().where, HasSubstr("00000000000000000003.json:2"));
}

TEST_F(InventoryTest, ALyingLastCheckpointChangesNothing) {
  table.LoseDayB();
  PutLog("_last_checkpoint", "{\"version\":99,\"size\":");
  EXPECT_TRUE(Look());
}

TEST_F(InventoryTest, AnUnknownReaderFeatureIsRefusedByName) {
  table.Commit({TestTable::Features({"timeMachine"}, {"timeMachine"}), TestTable::Metadata()});
  const auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kUnsupported);
  EXPECT_THAT(inventory.error().Message(), HasSubstr("timeMachine"));
}

TEST_F(InventoryTest, AnUnknownWriterFeatureIsNoReaderBusiness) {
  table.Commit({TestTable::Features({}, {"timeMachine"}), TestTable::Metadata()});
  EXPECT_TRUE(Look());
}

TEST_F(InventoryTest, HostilePathsAreNeverFollowedUpwards) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata()});
  Json add = table.Add("d=b/b.parquet", "b");
  add["add"]["path"] = "../../etc/passwd";
  table.Commit({add});
  table.Commit({table.Remove(add)}, "DELETE");
  const auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Record(*inventory, "b").files_gone, 1);
  for (const auto& access : table.fs.Accesses())
    EXPECT_EQ(access.path.find("passwd"), std::string::npos);
}

TEST_F(InventoryTest, SumsThatLeave64BitsAreCorrupt) {
  table.Commit({TestTable::Protocol(), TestTable::Metadata()});
  Json a = table.Add("d=a/a.parquet", "a");
  Json b = table.Add("d=a/b.parquet", "a");
  a["add"]["size"] = INT64_MAX;
  b["add"]["size"] = INT64_MAX;
  table.Commit({a, b});
  const auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kCorrupt);
}

TEST_F(InventoryTest, PastFilesAreGivenVerbatimAndOnlyThoseAskedFor) {
  table.LoseDayB();
  auto log = Open();
  ASSERT_TRUE(log);
  const auto files = (*log)->FilesAt({{2, {}}, {1, {{model::PartitionKey{{"b"}}}}}});
  ASSERT_TRUE(files) << files.error().Message();
  ASSERT_EQ((*files)[0].files.size(), 1U);
  ASSERT_EQ((*files)[1].files.size(), 1U);
  EXPECT_EQ((*files)[1].files[0].path, "d=b/b.snappy.parquet");
  EXPECT_EQ((*files)[1].files[0].raw, table.Actions(1, "add").at(0).dump());
  EXPECT_EQ((*files)[1].head.version, 1);
}

}  // namespace
}  // namespace salvor::delta
