// Checkpoints in Parquet, written with DuckDB into a real folder, and what the log says with them.

#include "delta/log/checkpoint_adds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "delta/table/table_log.h"
#include "io/posix_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class CheckpointAddsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(Log_("from_json"));
    std::filesystem::create_directories(Log_("from_parquet"));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string Table(const std::string& name) const { return root_ + name; }
  [[nodiscard]] std::string Log_(const std::string& name) const {
    return Table(name) + "/_delta_log";
  }
  [[nodiscard]] std::string Checkpoint() const {
    return Log_("from_parquet") + "/00000000000000000000.checkpoint.parquet";
  }

  // An add of row counts, vectors and partitions that differ from number to number.
  static Json Add(int number) {
    Json add = {{"path", "part-" + std::to_string(number) + "-\u00e4%20b.parquet"},
                {"partitionValues", {{"d", "day " + std::to_string(number % 7)}, {"e", "x"}}},
                {"size", 1000 + number},
                {"modificationTime", 1},
                {"dataChange", true},
                {"stats", Json({{"numRecords", 100 + number % 13}}).dump()}};
    if (number % 11 == 0) add["partitionValues"]["d"] = nullptr;
    if (number % 11 == 1) add["partitionValues"]["e"] = "";
    if (number % 5 == 0) add["stats"] = R"({"maxValues":{"x":1},"numRecords":50})";
    if (number % 17 == 0) add.erase("stats");
    if (number % 3 == 0)
      add["deletionVector"] = {
          {"storageType", "u"},
          {"pathOrInlineDv", "0123456789012345678" + std::to_string(number % 10)},
          {"offset", number},
          {"sizeInBytes", 34},
          {"cardinality", number % 5}};
    return {{"add", add}};
  }
  static std::vector<Json> Head() {
    const Json fields = {
        {{"name", "d"}, {"type", "string"}, {"nullable", true}, {"metadata", Json::object()}},
        {{"name", "e"}, {"type", "string"}, {"nullable", true}, {"metadata", Json::object()}},
        {{"name", "x"}, {"type", "long"}, {"nullable", true}, {"metadata", Json::object()}}};
    const Json schema = {{"type", "struct"}, {"fields", fields}};
    return {{{"protocol",
              {{"minReaderVersion", 3},
               {"minWriterVersion", 7},
               {"readerFeatures", {"deletionVectors"}},
               {"writerFeatures", {"deletionVectors"}}}}},
            {{"metaData",
              {{"id", "11111111-2222-3333-4444-555555555555"},
               {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
               {"schemaString", schema.dump()},
               {"partitionColumns", {"d", "e"}},
               {"configuration", Json::object()},
               {"createdTime", 1}}}}};
  }

  // Both tables hold the actions: one as a commit, the other as a checkpoint of some row groups.
  void Write(const std::vector<Json>& actions) {
    const std::string commit = Log_("from_json") + "/00000000000000000000.json";
    std::ofstream lines(commit);
    for (const Json& action : actions) lines << action.dump() << "\n";
    lines.close();
    const Status copied =
        duck_.Run("COPY (SELECT * FROM read_json(" + QuoteLiteral(commit) +
                  R"(, format = 'newline_delimited', columns = {
          remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN)',
          add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT,
             dataChange BOOLEAN, stats VARCHAR, deletionVector STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR,
             "offset" INTEGER, sizeInBytes INTEGER, cardinality BIGINT))',
          metaData: 'STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)),
             schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
          protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[],
             writerFeatures VARCHAR[])'})) TO )" +
                  QuoteLiteral(Checkpoint()) + " (FORMAT parquet, ROW_GROUP_SIZE 4096)");
    ASSERT_TRUE(copied) << copied.error().Message();
  }

  Result<model::Inventory> Look(const std::string& name) {
    SALVOR_TRY(const std::unique_ptr<Log> log,
               Log::Open(fs_, clock_, duck_, warehouse::NoProgress(), Table(name)));
    return log->Look({{}, {}, true});
  }
  // Partition -> what it holds.
  std::map<std::vector<std::optional<std::string>>, std::vector<int64_t>> Tallies(
      const std::string& name) {
    std::map<std::vector<std::optional<std::string>>, std::vector<int64_t>> tallies;
    const auto inventory = Look(name);
    EXPECT_TRUE(inventory) << inventory.error().Message();
    if (!inventory) return tallies;
    for (const model::PartitionRecord& record : inventory->partitions) {
      const model::Tally& now = record.now;
      tallies[record.key.values] = {now.rows, now.bytes, now.files, now.uncounted};
    }
    return tallies;
  }

  std::string root_ = ::testing::TempDir() + "salvor-base-" + std::to_string(::getpid()) + "/";
  testing::ScriptedClock clock_{InstantOfMillis(1'700'000'000'000)};
  io::PosixFs fs_;
  Duck duck_{{}};
};

TEST_F(CheckpointAddsTest, ACheckpointSaysWhatItsCommitsSay) {
  std::vector<Json> actions = Head();
  for (int number = 0; number < 20'000; ++number) {
    actions.push_back(Add(number));
    // Tombstones between the adds, and whole row groups of them.
    const int tombstones = number == 9'000 ? 10'000 : (number % 4 == 0 ? 1 : 0);
    for (int i = 0; i < tombstones; ++i)
      actions.push_back({{"remove",
                          {{"path", "gone-" + std::to_string(number) + "-" + std::to_string(i)},
                           {"deletionTimestamp", 1},
                           {"dataChange", true}}}});
  }
  // Protocol and metaData may stand anywhere.
  std::rotate(actions.begin(), actions.begin() + 2, actions.begin() + 9'000);
  Write(actions);
  const auto from_json = Tallies("from_json");
  EXPECT_EQ(from_json.size(), 15U);
  EXPECT_EQ(Tallies("from_parquet"), from_json);
}

TEST_F(CheckpointAddsTest, OfAFileThatACheckpointListsTwiceTheLaterRowCounts) {
  std::vector<Json> actions = Head();
  for (int number = 0; number < 9'000; ++number) actions.push_back(Add(number));
  for (int number = 0; number < 9'000; ++number) {
    actions.push_back(Add(number));
    actions.back()["add"]["size"] = 1;
    actions.back()["add"]["partitionValues"] = {{"d", "one"}, {"e", "day"}};
  }
  Write(actions);
  const auto tallies = Tallies("from_parquet");
  EXPECT_EQ(tallies, Tallies("from_json"));
  ASSERT_TRUE(tallies.contains({"one", "day"}));
  EXPECT_EQ(tallies.at({"one", "day"})[1], 9'000);
}

TEST_F(CheckpointAddsTest, RowsThatACheckpointDoesNotCountAreCountedFromFooters) {
  std::vector<Json> actions = Head();
  for (const int number : {1, 2, 3}) {
    Json add = Add(number);
    add["add"].erase("stats");
    add["add"].erase("deletionVector");
    add["add"]["path"] = std::to_string(number) + ".parquet";
    actions.push_back(add);
    if (number == 3) continue;
    ASSERT_TRUE(
        duck_.Run("COPY (SELECT * FROM range(" + std::to_string(number * 10) + ")) TO " +
                  QuoteLiteral(Table("from_parquet/") + std::to_string(number) + ".parquet") +
                  " (FORMAT parquet)"));
  }
  Write(actions);
  const auto tallies = Tallies("from_parquet");
  EXPECT_EQ(tallies.at({"day 1", ""})[0], 10);
  EXPECT_EQ(tallies.at({"day 2", "x"})[0], 20);
  EXPECT_EQ(tallies.at({"day 3", "x"})[3], 1);
}

TEST_F(CheckpointAddsTest, ARowThatCannotBeAnAddNamesTheCheckpoint) {
  std::vector<Json> actions = Head();
  for (int number = 0; number < 9'000; ++number) actions.push_back(Add(number));
  actions[5'000]["add"]["path"] = "";
  Write(actions);
  const auto inventory = Look("from_parquet");
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kCorrupt);
  EXPECT_THAT(inventory.error().Message(), HasSubstr("'path'"));
  EXPECT_THAT(inventory.error().Message(), HasSubstr(".checkpoint.parquet"));
  EXPECT_TRUE(duck_.Run("SELECT 1"));
}

}  // namespace
}  // namespace salvor::delta
