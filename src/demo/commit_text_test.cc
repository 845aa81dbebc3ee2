#include "demo/commit_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "demo/rows.h"

namespace salvor::demo {
namespace {

using nlohmann::json;

constexpr int64_t kDay = 19'417;  // 2023-03-01

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

DayFile File() {
  DayFile file{kDay, "submission_date=2023-03-01/a.parquet", 77, InstantOfMillis(5), 42, {}};
  for (const Column& column : Columns().subspan(1)) {
    const bool is_long = column.type == ColumnType::kLong;
    file.columns.push_back(
        {3, is_long ? "9007199254740993" : "a", is_long ? "9007199254740994" : "b"});
  }
  file.columns[0] = {42, {}, {}};
  return file;
}

Happening Of(Happening::Kind kind) {
  return {kind, InstantOfMillis(1'000'000), "kim@example.com", {kDay, kDay}};
}

TEST(CommitTextTest, FirstCommitStatesProtocolAndSchema) {
  const auto lines = Lines(CommitText(Of(Happening::Kind::kMove), {}, true));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1]["protocol"], json({{"minReaderVersion", 1}, {"minWriterVersion", 2}}));
  const json& metadata = lines[2]["metaData"];
  EXPECT_EQ(metadata["partitionColumns"], json::array({"submission_date"}));
  const json schema = json::parse(metadata["schemaString"].get<std::string>());
  ASSERT_EQ(schema["fields"].size(), 16U);
  EXPECT_EQ(schema["fields"][0]["type"], "date");
  EXPECT_EQ(schema["fields"][8]["name"], "position");
  EXPECT_EQ(schema["fields"][8]["type"], "long");
  EXPECT_EQ(schema["fields"][12]["type"], "boolean");
}

TEST(CommitTextTest, StatisticsKeepWholeNumbersAndLeaveOutWhatHasNoBounds) {
  const DayFile file = File();
  const auto lines = Lines(CommitText(Of(Happening::Kind::kNightly), {&file, 1}, false));
  ASSERT_EQ(lines.size(), 2U);
  const json& add = lines[1]["add"];
  EXPECT_EQ(add["partitionValues"], json({{"submission_date", "2023-03-01"}}));
  EXPECT_EQ(add["size"], 77);
  const json stats = json::parse(add["stats"].get<std::string>());
  EXPECT_EQ(stats["numRecords"], 42);
  EXPECT_EQ(stats["minValues"]["position"], 9007199254740993);
  EXPECT_EQ(stats["maxValues"]["country"], "b");
  EXPECT_FALSE(stats["minValues"].contains("source"));
  EXPECT_EQ(stats["nullCount"]["source"], 42);
  EXPECT_FALSE(stats["minValues"].contains("suggest_data_sharing_enabled"));
}

TEST(CommitTextTest, BackfillAndDeleteRemoveFilesAndAddNone) {
  const DayFile file = File();
  for (const auto& [kind, operation] : {std::pair{Happening::Kind::kBackfill, "WRITE"},
                                        std::pair{Happening::Kind::kDelete, "DELETE"}}) {
    const auto lines = Lines(CommitText(Of(kind), {&file, 1}, false));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0]["commitInfo"]["operation"], operation);
    EXPECT_EQ(lines[0]["commitInfo"]["userName"], "kim@example.com");
    EXPECT_EQ(lines[1]["remove"]["path"], file.path);
    EXPECT_EQ(lines[1]["remove"]["deletionTimestamp"], 1'000'000);
    EXPECT_EQ(lines[1]["remove"]["dataChange"], true);
  }
}

}  // namespace
}  // namespace salvor::demo
