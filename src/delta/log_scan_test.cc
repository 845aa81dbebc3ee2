#include "delta/log_scan.h"

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
  Spellings spellings;
  LineScanner scanner("/table", spellings);
  const size_t size = text.size();
  text.resize(size + LineScanner::kPadding);
  Outcome outcome;
  outcome.status = scanner.Scan({text.data(), size}, 0, outcome.lines, outcome.bad_offset);
  return outcome;
}

constexpr const char* kAdd =
    R"({"add":{"path":"d=1/a.parquet","partitionValues":{"d":"1"},"size":10,"dataChange":true,)"
    R"("stats":"{\"numRecords\":7,\"minValues\":{}}"}})";

TEST(LogScanTest, AnAddIsReadDownToWhatDecides) {
  const Outcome outcome = Scan(std::string(kAdd) + "\n");
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  ASSERT_EQ(outcome.lines.files.size(), 1U);
  const FileAction& file = outcome.lines.files[0];
  EXPECT_TRUE(file.is_add && file.data_change);
  EXPECT_EQ(file.size, 10);
  EXPECT_EQ(file.records, 7);
  EXPECT_EQ(file.key, KeyOfFile("d=1/a.parquet", ""));
}

TEST(LogScanTest, LineEndsOfAnyKindAndBlankLinesAreTaken) {
  const std::string line = kAdd;
  EXPECT_EQ(Scan(line + "\r\n\n  \r\n" + line).lines.files.size(), 2U);
}

TEST(LogScanTest, SpellingsOfOnePathAreOneFile) {
  const auto key = [](const std::string& path) {
    const Outcome outcome = Scan(R"({"remove":{"path":")" + path + R"("}})");
    EXPECT_TRUE(outcome.status) << path;
    return outcome.lines.files.empty() ? FileKey{} : outcome.lines.files[0].key;
  };
  const FileKey plain = key("d=1/a b.parquet");
  EXPECT_EQ(plain, key("d=1/a%20b.parquet"));
  EXPECT_EQ(plain, key("d=1//a%20b.parquet"));
  EXPECT_EQ(plain, key("/table/d=1/a%20b.parquet"));
  EXPECT_EQ(plain, key("file:///table/d=1/a%20b.parquet"));
  EXPECT_EQ(plain, key("file:/table/d=1/a%20b.parquet"));
  EXPECT_EQ(plain, key("d\\u003d1/a b.parquet"));
  EXPECT_NE(plain, key("/other/d=1/a b.parquet"));
}

TEST(LogScanTest, AVectorIsPartOfTheFilesIdentity) {
  const auto key = [](const std::string& vector) {
    return Scan(R"({"remove":{"path":"a")" + vector + "}}").lines.files.at(0).key;
  };
  const std::string vector =
      R"(,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":3,"cardinality":2})";
  EXPECT_NE(key(""), key(vector));
  EXPECT_EQ(key(""), key(R"(,"deletionVector":null)"));
}

TEST(LogScanTest, StatsAnywhereAndBrokenStatsAreNoErrors) {
  const auto records = [](const std::string& stats) {
    const Outcome outcome =
        Scan(R"({"add":{"path":"a","partitionValues":{},"size":1,"stats":)" + stats + "}}");
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

TEST(LogScanTest, FilesWithoutCountsAreListedWithTheirPaths) {
  const Outcome outcome =
      Scan(std::string(kAdd) + "\n" + R"({"add":{"path":"b%20c","partitionValues":{},"size":1}})");
  ASSERT_EQ(outcome.lines.uncounted.size(), 1U);
  EXPECT_EQ(outcome.lines.uncounted[0].index, 1U);
  EXPECT_EQ(outcome.lines.uncounted[0].path, "b%20c");
}

TEST(LogScanTest, EveryTruncationOfALineIsCorrupt) {
  const std::string line = kAdd;
  for (size_t size = 1; size < line.size(); ++size) {
    const Outcome outcome = Scan(line.substr(0, size));
    ASSERT_FALSE(outcome.status) << line.substr(0, size);
    EXPECT_EQ(outcome.status.error().code, Code::kCorrupt);
  }
}

TEST(LogScanTest, HostileLinesAreCorruptAndSayWhere) {
  const std::string add = R"({"add":{"path":"a","partitionValues":{},"size":)";
  for (const std::string& bad : std::vector<std::string>{
           std::string("[]"),
           std::string("{}x"),
           std::string("not json"),
           std::string(R"({"add":5})"),
           std::string(R"({"add":{"partitionValues":{},"size":1}})"),
           std::string(R"({"add":{"path":7,"partitionValues":{},"size":1}})"),
           std::string(R"({"add":{"path":"","partitionValues":{},"size":1}})"),
           std::string(R"({"add":{"path":"a","partitionValues":{"d":1},"size":1}})"),
           std::string(R"({"add":{"path":"a","partitionValues":{}}})"),
           add + "-1}}",
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

TEST(LogScanTest, UnknownActionsAndFieldsArePassedOver) {
  const Outcome outcome =
      Scan(R"({"novelty":{"a":[1,{"b":"}"}]}})"
           "\n"
           R"({"add":{"path":"a","novel":[{}],"partitionValues":{},"size":1,"tags":{"x":null}}})"
           "\n"
           R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":false}})");
  ASSERT_TRUE(outcome.status) << outcome.status.error().Message();
  EXPECT_EQ(outcome.lines.files.size(), 1U);
}

TEST(LogScanTest, RareActionsAreKept) {
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
