#include "delta/log/line_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  ScannedLines lines;
  Status status = Done{};
  int64_t bad_offset = -1;
};

Outcome Scan(std::string text) {
  PartitionValuesPool pool;
  LineScanner scanner("/table", pool);
  const size_t size = text.size();
  text.resize(size + LineScanner::kPadding);
  Outcome outcome;
  outcome.status = scanner.Scan({text.data(), size}, 0, outcome.lines, outcome.bad_offset);
  return outcome;
}

constexpr const char* kAdd =
    R"({"add":{"path":"d=1/a.parquet","partitionValues":{"d":"1"},"size":10,"modificationTime":1,)"
    R"("dataChange":true,)"
    R"("stats":"{\"numRecords\":7,\"minValues\":{}}"}})";

TEST(LineScannerTest, AnAddIsReadDownToWhatDecides) {
  const Outcome outcome = Scan(std::string(kAdd) + "\n");
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  ASSERT_EQ(outcome.lines.files.size(), 1U);
  const FileAction& file = outcome.lines.files[0];
  EXPECT_TRUE(file.is_add && file.data_change);
  EXPECT_EQ(file.size, 10);
  EXPECT_EQ(file.records, 7);
  EXPECT_EQ(file.key, KeyOfFile("d=1/a.parquet", ""));
}

TEST(LineScannerTest, LineEndsOfAnyKindAndBlankLinesAreTaken) {
  const std::string line = kAdd;
  EXPECT_EQ(Scan(line + "\r\n\n  \r\n" + line).lines.files.size(), 2U);
}

TEST(LineScannerTest, PathsAreComparedAsWrittenButUnescapedAsJsonIs) {
  const auto key = [](const std::string& path) {
    const Outcome outcome = Scan(R"({"remove":{"dataChange":true,"path":")" + path + R"("}})");
    EXPECT_TRUE(outcome.status) << path;
    return outcome.lines.files.empty() ? FileKey{} : outcome.lines.files[0].key;
  };
  const FileKey plain = key("d=1/a%20b.parquet");
  EXPECT_EQ(plain, key("d\\u003d1/a%20b.parquet"));
  for (const char* other :
       {"d=1/a b.parquet", "d=1//a%20b.parquet", "./d=1/a%20b.parquet", "d%3D1/a%20b.parquet",
        "/table/d=1/a%20b.parquet", "file:///table/d=1/a%20b.parquet"}) {
    EXPECT_NE(plain, key(other)) << other;
  }
}

TEST(LineScannerTest, OnlyPathsThatAreSpelledOddlyAreLookedAtTwice) {
  const Outcome outcome =
      Scan(std::string(kAdd) + "\n" + R"({"remove":{"dataChange":true,"path":"./d=1/a.parquet"}})");
  ASSERT_TRUE(outcome.status);
  ASSERT_EQ(outcome.lines.odd.size(), 1U);
  EXPECT_EQ(outcome.lines.odd[0].index, 1U);
  EXPECT_EQ(outcome.lines.odd[0].file, outcome.lines.files[0].key);
}

TEST(LineScannerTest, NamesAreUnescapedAndTheLastOfEqualOnesCounts) {
  const Outcome outcome =
      Scan(R"({"\u0061dd":{"p\u0061th":"a","path":"b","partitionValues":{},"size":1,"size":2,)"
           R"("modificationTime":1,"dataChange":true}})");
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  ASSERT_EQ(outcome.lines.files.size(), 1U);
  EXPECT_EQ(outcome.lines.files[0].key, KeyOfFile("b", ""));
  EXPECT_EQ(outcome.lines.files[0].size, 2);
}

TEST(LineScannerTest, OfAnAddAndARemoveInOneObjectTheAddCounts) {
  const std::string add =
      R"("add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true})";
  const std::string remove = R"("remove":{"path":"a","dataChange":true})";
  for (const std::string& line : {add + "," + remove, remove + "," + add,
                                  remove + ",\"remove\":null," + add, "\"remove\":null," + add}) {
    const Outcome outcome = Scan("{" + line + "}");
    ASSERT_TRUE(outcome.status) << line;
    ASSERT_EQ(outcome.lines.files.size(), 1U) << line;
    EXPECT_TRUE(outcome.lines.files[0].is_add) << line;
  }
  EXPECT_TRUE(Scan("{" + remove + ",\"remove\":null}").lines.files.empty());
}

TEST(LineScannerTest, WhatOnlySomeReadersReadIsCorruptAndSaysWhoReadsIt) {
  const std::string rest = R"("partitionValues":{},"modificationTime":1,"dataChange":true}})";
  for (const std::string& line : std::vector<std::string>{
           R"({"remove":{"path":"a"}})",
           "\xEF\xBB\xBF" + std::string(kAdd),
           "[" + std::string(kAdd) + "]",
           std::string(kAdd) + " " + kAdd,
           std::string(kAdd) + " // once",
           R"({"add":{"path":"a","size":"7",)" + rest,
           R"({"add":{"path":"a","size":7.0,)" + rest,
           "{'remove':{'path':'a','dataChange':true}}",
       }) {
    const Outcome outcome = Scan(line);
    ASSERT_FALSE(outcome.status) << line;
    EXPECT_THAT(outcome.status.error().Message(), HasSubstr("Spark")) << line;
    EXPECT_THAT(outcome.status.error().Message(), HasSubstr("delta-rs")) << line;
  }
}

TEST(LineScannerTest, NumbersThatCannotBeAreMarkedAndNoErrors) {
  const std::string rest = R"(,"partitionValues":{},"modificationTime":1,"dataChange":true}})";
  EXPECT_TRUE(Scan(R"({"add":{"path":"a","size":-1)" + rest).lines.files.at(0).bad_size);
  EXPECT_TRUE(Scan(R"({"add":{"path":"a")" + rest).lines.files.at(0).bad_size);
  const std::string vector =
      R"(,"size":1,"stats":"{\"numRecords\":1}","deletionVector":{"storageType":"i",)"
      R"("pathOrInlineDv":"x","sizeInBytes":3,"cardinality":2})";
  const Outcome outcome = Scan(R"({"add":{"path":"a")" + vector + rest);
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  EXPECT_TRUE(outcome.lines.files.at(0).bad_vector);
  EXPECT_EQ(outcome.lines.uncounted.size(), 1U);
}

TEST(LineScannerTest, AVectorIsPartOfTheFilesIdentity) {
  const auto key = [](const std::string& vector) {
    return Scan(R"({"remove":{"dataChange":true,"path":"a")" + vector + "}}").lines.files.at(0).key;
  };
  const std::string vector =
      R"(,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":3,"cardinality":2})";
  EXPECT_NE(key(""), key(vector));
  EXPECT_EQ(key(""), key(R"(,"deletionVector":null)"));
}

TEST(LineScannerTest, StatsAnywhereAndBrokenStatsAreNoErrors) {
  const auto records = [](const std::string& stats) {
    const Outcome outcome = Scan(
        R"({"add":{"path":"a","partitionValues":{},"modificationTime":1,"dataChange":true,"size":1,"stats":)" +
        stats + "}}");
    EXPECT_TRUE(outcome.status) << stats;
    return outcome.lines.files.at(0).records;
  };
  EXPECT_EQ(records(R"("{\"minValues\":{},\"numRecords\":12}")"), 12);
  EXPECT_EQ(records(R"("{\"numRecords\" : 12}")"), 12);
  EXPECT_EQ(records(R"("{\"numRecords\":-5}")"), kUnknownRecords);
  EXPECT_EQ(records(R"("{\"numRecords\":99999999999999999999}")"), kUnknownRecords);
  EXPECT_EQ(records(R"("{\"numRecords\":12")"), kUnknownRecords);
  EXPECT_EQ(records("null"), kUnknownRecords);
  EXPECT_EQ(records("7"), kUnknownRecords);
}

TEST(LineScannerTest, FilesWithoutCountsAreListedWithTheirPaths) {
  const Outcome outcome = Scan(
      std::string(kAdd) + "\n" +
      R"({"add":{"path":"b%20c","partitionValues":{},"modificationTime":1,"dataChange":true,"size":1}})");
  ASSERT_EQ(outcome.lines.uncounted.size(), 1U);
  EXPECT_EQ(outcome.lines.uncounted[0].index, 1U);
  EXPECT_EQ(outcome.lines.uncounted[0].path, "b%20c");
}

TEST(LineScannerTest, EveryTruncationOfALineIsCorrupt) {
  const std::string line = kAdd;
  for (size_t size = 1; size < line.size(); ++size) {
    const Outcome outcome = Scan(line.substr(0, size));
    ASSERT_FALSE(outcome.status) << line.substr(0, size);
    EXPECT_EQ(outcome.status.error().code, Code::kCorrupt);
  }
}

TEST(LineScannerTest, HostileLinesAreCorruptAndSayWhere) {
  const std::string add =
      R"({"add":{"path":"a","partitionValues":{},"modificationTime":1,"dataChange":true,"size":)";
  for (
      const std::string& bad : std::vector<std::string>{
          std::string("[]"),
          std::string("{}x"),
          std::string("not json"),
          std::string(R"({"add":5})"),
          std::string(
              R"({"add":{"partitionValues":{},"modificationTime":1,"dataChange":true,"size":1}})"),
          std::string(
              R"({"add":{"path":7,"partitionValues":{},"modificationTime":1,"dataChange":true,"size":1}})"),
          std::string(
              R"({"add":{"path":"","partitionValues":{},"modificationTime":1,"dataChange":true,"size":1}})"),
          add + "1.5}}",
          add + "99999999999999999999}}",
          add + R"(1,"dataChange":"yes"}})",
          add + R"(1,"deletionVector":{}}})",
          std::string("{\"add\":{\"path\":\"\xff\xfe\",\"partitionValues\":{},\"size\":1}}"),
          "{\"txn\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
      }) {
    const Outcome outcome = Scan(std::string(kAdd) + "\n" + bad + "\n");
    ASSERT_FALSE(outcome.status) << bad.substr(0, 80);
    EXPECT_EQ(outcome.status.error().code, Code::kCorrupt) << bad.substr(0, 80);
    EXPECT_EQ(outcome.bad_offset, static_cast<int64_t>(std::string(kAdd).size()) + 1);
  }
}

TEST(LineScannerTest, UnknownActionsAndFieldsArePassedOver) {
  const Outcome outcome = Scan(
      R"({"novelty":{"a":[1,{"b":"}"}]}})"
      "\n"
      R"({"add":{"path":"a","novel":[{}],"partitionValues":{},"modificationTime":1,"dataChange":true,"size":1,"tags":{"x":null}}})"
      "\n"
      R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":false}})");
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  EXPECT_EQ(outcome.lines.files.size(), 1U);
}

TEST(LineScannerTest, RareActionsAreKept) {
  const Outcome outcome =
      Scan(R"({"commitInfo":{"operation":"DELETE","userName":"ada","inCommitTimestamp":5}})"
           "\n"
           R"({"txn":{"appId":"salvor-1","version":1}})"
           "\n"
           R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})");
  ASSERT_TRUE(outcome.status);
  EXPECT_EQ(outcome.lines.info->operation, "DELETE");
  EXPECT_EQ(outcome.lines.info->who, "ada");
  EXPECT_EQ(outcome.lines.info->in_commit_timestamp, 5);
  EXPECT_TRUE(outcome.lines.by_salvor);
  EXPECT_TRUE(outcome.lines.protocol.has_value());
}

}  // namespace
}  // namespace salvor::delta
