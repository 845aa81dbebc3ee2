#include "demo/lake.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "delta/duckdb/database.h"
#include "io/posix_fs.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::demo {
namespace {

using nlohmann::json;

const Instant kNow = ParseInstant("2023-06-01T12:00:00Z").value();

// One lake for all: it is only read.
class LakeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = ::testing::TempDir() + "salvor-demo-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    auto built = BuildLake(fs_, kNow, io::JoinPath(root_, "demo"));
    ASSERT_TRUE(built) << built.error().Message();
    lake_ = *built;
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(root_); }

  static std::vector<json> Commit(int64_t version) {
    const std::string path = fmt::format("{}/_delta_log/{:020}.json", lake_.table, version);
    std::istringstream text(fs_.ReadFile(path, 1 << 30).value());
    std::vector<json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }

  static inline io::PosixFs fs_;
  static inline std::string root_;
  static inline Lake lake_;
};

TEST_F(LakeTest, EveryAddNamesAFileOfItsSizeAndTime) {
  int64_t adds = 0;
  for (size_t version = 0; version < lake_.history.happenings.size(); ++version) {
    for (const json& line : Commit(static_cast<int64_t>(version))) {
      if (!line.contains("add")) continue;
      ++adds;
      const json& add = line["add"];
      const auto info = fs_.Stat(io::JoinPath(lake_.table, add["path"].get<std::string>())).value();
      ASSERT_TRUE(info);
      EXPECT_EQ(info->size, add["size"]);
      EXPECT_EQ(MillisOf(info->modified), add["modificationTime"]);
    }
  }
  EXPECT_EQ(adds, lake_.history.written.Count());
}

TEST_F(LakeTest, StatisticsAgreeWithTheFiles) {
  delta::Duck duck({});
  int64_t rows = 0;
  int64_t seen = 0;
  for (const json& line : Commit(0)) {
    if (!line.contains("add")) continue;
    const json stats = json::parse(line["add"]["stats"].get<std::string>());
    rows += stats["numRecords"].get<int64_t>();
    if (seen++ % 97 != 0) continue;
    const std::string path = io::JoinPath(lake_.table, line["add"]["path"].get<std::string>());
    const auto found = duck.Rows(
        "SELECT count(*), min(country), max(event_count), count(position) "
        "FROM read_parquet(" +
        delta::QuoteLiteral(path) + ", hive_partitioning = false)");
    ASSERT_TRUE(found) << found.error().Message();
    const auto& cells = found->front();
    EXPECT_EQ(*cells[0], stats["numRecords"].dump());
    EXPECT_EQ(*cells[1], stats["minValues"]["country"]);
    EXPECT_EQ(*cells[2], stats["maxValues"]["event_count"].dump());
    EXPECT_EQ(std::stoll(*cells[3]) + stats["nullCount"]["position"].get<int64_t>(),
              stats["numRecords"].get<int64_t>());
  }
  EXPECT_GT(rows, 40 * lake_.history.happenings.front().days.Count());
  EXPECT_LT(rows, lake_.rows);
}

TEST_F(LakeTest, IncidentTakesAMonthAndAWeekWhoseRowsCanBeQuoted) {
  EXPECT_EQ(lake_.lost_days, 38);
  EXPECT_EQ(lake_.lost_rows, 1941);
  int64_t removed = 0;
  for (size_t version = 0; version < lake_.history.happenings.size(); ++version) {
    for (const json& line : Commit(static_cast<int64_t>(version)))
      removed += line.contains("remove");
  }
  EXPECT_EQ(removed, 38);
}

TEST_F(LakeTest, CommitFilesHaveTheTimesOfTheStory) {
  for (size_t version = 0; version < lake_.history.happenings.size(); ++version) {
    const auto path = fmt::format("{}/_delta_log/{:020}.json", lake_.table, version);
    EXPECT_EQ(fs_.Stat(path).value()->modified, lake_.history.happenings[version].at);
  }
}

TEST_F(LakeTest, FolderThatIsNotEmptyIsRefusedAndLeftAlone) {
  const auto again = BuildLake(fs_, kNow, io::JoinPath(root_, "demo"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kRefused);
  EXPECT_EQ(fs_.List(io::JoinPath(root_, "demo")).value(), std::vector<std::string>{"lake"});
}

TEST(LakeFolderTest, FileInTheFoldersPlaceIsRefused) {
  const testing::ScriptedClock clock(kNow);
  testing::MemFs fs(clock);
  fs.Put("/demo", "mine");
  EXPECT_EQ(BuildLake(fs, kNow, "/demo").error().code, Code::kRefused);
  EXPECT_EQ(fs.Everything().at("/demo"), "mine");
}

TEST(LakeFolderTest, MissingParentIsSaid) {
  const testing::ScriptedClock clock(kNow);
  testing::MemFs fs(clock);
  EXPECT_EQ(BuildLake(fs, kNow, "/nowhere/demo").error().code, Code::kNotFound);
}

TEST(LakeFolderTest, ClockBeforeTheStoryMakesNoFolder) {
  const testing::ScriptedClock clock(kNow);
  testing::MemFs fs(clock);
  EXPECT_FALSE(BuildLake(fs, InstantOfMillis(0), "/demo"));
  EXPECT_FALSE(fs.Stat("/demo").value());
}

}  // namespace
}  // namespace salvor::demo
