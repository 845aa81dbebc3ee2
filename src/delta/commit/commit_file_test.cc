#include "delta/commit/commit_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"

namespace salvor::delta {
namespace {

std::vector<Json> Lines(const std::string& bytes) {
  std::vector<Json> lines;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    lines.push_back(Json::parse(bytes.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

Json Entry() {
  return {{"path", "d=%C3%A4/x.parquet"},
          {"partitionValues", {{"d", "ä"}}},
          {"size", 12},
          {"modificationTime", 77},
          {"dataChange", false},
          {"stats", "{\"numRecords\":5}"},
          {"tags", {{"k", "v"}}},
          {"baseRowId", 3},
          {"defaultRowCommitVersion", 2},
          {"somethingNewer", {1, 2}}};
}

Change MakeChange() {
  const AddFile file = ParseAdd(Entry()).value();
  return {.operation = "SALVOR RESTORE",
          .parameters = {{"plan", "abc"}},
          .operation_key = std::string(64, 'k'),
          .adds = {file.raw},
          .removes = {file}};
}

constexpr Previous kPrevious{
    .version = 41, .at = Instant(Millis(5000)), .in_commit_timestamps = false};

TEST(CommitTest, OldEntryGoesBackWordForWordButForDataChange) {
  const auto lines = Lines(FormatCommit(MakeChange(), kPrevious, InstantOfMillis(9000)).value());
  ASSERT_EQ(lines.size(), 4U);
  Json expected = Entry();
  expected["dataChange"] = true;
  EXPECT_EQ(lines[3]["add"], expected);
}

TEST(CommitTest, RemoveSaysWhatItRemoves) {
  const auto lines = Lines(FormatCommit(MakeChange(), kPrevious, InstantOfMillis(9000)).value());
  const Json& remove = lines[2]["remove"];
  EXPECT_EQ(remove["path"], "d=%C3%A4/x.parquet");
  EXPECT_EQ(remove["deletionTimestamp"], 9000);
  EXPECT_EQ(remove["dataChange"], true);
  EXPECT_EQ(remove["partitionValues"]["d"], "ä");
  EXPECT_EQ(remove["baseRowId"], 3);
  EXPECT_EQ(remove["defaultRowCommitVersion"], 2);
  EXPECT_EQ(remove["tags"]["k"], "v");
  EXPECT_EQ(remove["size"], 12);
  EXPECT_FALSE(remove.contains("stats"));
}

TEST(CommitTest, TransactionIdentifierCarriesTheVersion) {
  const auto lines = Lines(FormatCommit(MakeChange(), kPrevious, InstantOfMillis(9000)).value());
  EXPECT_EQ(lines[1]["txn"]["appId"], "salvor-" + std::string(64, 'k'));
  EXPECT_EQ(lines[1]["txn"]["version"], 42);
}

TEST(CommitTest, NoMetadataOrProtocolIsWritten) {
  for (const Json& line :
       Lines(FormatCommit(MakeChange(), kPrevious, InstantOfMillis(9000)).value())) {
    EXPECT_FALSE(line.contains("metaData") || line.contains("protocol"));
  }
}

TEST(CommitTest, InCommitTimestampIsFirstAndGrows) {
  Previous previous = kPrevious;
  previous.in_commit_timestamps = true;
  const auto behind = Lines(FormatCommit(MakeChange(), previous, InstantOfMillis(4000)).value());
  EXPECT_EQ(behind[0]["commitInfo"]["inCommitTimestamp"], 5001);
  const auto ahead = Lines(FormatCommit(MakeChange(), previous, InstantOfMillis(9000)).value());
  EXPECT_EQ(ahead[0]["commitInfo"]["inCommitTimestamp"], 9000);
  const auto without = Lines(FormatCommit(MakeChange(), kPrevious, InstantOfMillis(9000)).value());
  EXPECT_FALSE(without[0]["commitInfo"].contains("inCommitTimestamp"));
}

TEST(CommitTest, BrokenUtf8IsRefusedNotRewritten) {
  Json entry = Entry();
  entry["path"] = "\xff";
  const auto file = ParseAdd(entry);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kCorrupt);
}

TEST(CommitTest, TakenVersionIsLeftAlone) {
  TestTable table;
  table.LoseDayB();
  const auto before = table.fs.Everything();
  EXPECT_FALSE(WriteCommit(table.fs, kTable, 2, "{}\n").value());
  EXPECT_EQ(table.fs.Everything(), before);
}

TEST(CommitTest, CommitIsReadableByWhomTheLastOneWas) {
  TestTable table;
  table.LoseDayB();
  table.fs.SetMode(TestTable::CommitFile(2), 0640);
  EXPECT_TRUE(WriteCommit(table.fs, kTable, 3, "{}\n").value());
  EXPECT_EQ(table.fs.Stat(TestTable::CommitFile(3)).value()->mode, 0640U);
}

}  // namespace
}  // namespace salvor::delta
