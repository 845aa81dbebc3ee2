#include "delta/log/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() { fs.PutFolder("/log"); }

  LogFile Put(const std::string& name, const std::string& bytes) {
    fs.Put("/log/" + name, bytes);
    return {name, static_cast<int64_t>(bytes.size()), Instant()};
  }
  // `path` takes the line to about `bytes` bytes.
  static std::string AddLine(int64_t number, size_t bytes) {
    std::string path = std::to_string(number) + "-";
    path.resize(bytes, 'x');
    return R"({"add":{"path":")" + path +
           R"(","partitionValues":{},"dataChange":true,"modificationTime":1,"size":)" +
           std::to_string(number + 1) + "}}\n";
  }

  testing::ScriptedClock clock{InstantOfMillis(1'700'000'000'000)};
  testing::MemFs fs{clock};
  PartitionValuesPool pool;
};

// The third file is cut into parts of a megabyte, within lines that are longer than some parts.
TEST_F(PipelineTest, EveryLineIsTakenOnceAndInOrderWhereverAFileIsCut) {
  std::vector<LogFile> files;
  int64_t count = 0;
  for (const int64_t lines : {1, 2, 40, 1}) {
    std::string bytes;
    for (int64_t i = 0; i < lines; ++i) {
      bytes += AddLine(count, count == 20 ? 2'500'000 : 100'000);
      ++count;
    }
    files.push_back(Put(std::to_string(files.size()) + ".json", bytes));
  }
  LogPipeline pipeline(fs, "/log", "/t", pool, warehouse::NoProgress());
  std::vector<int64_t> sizes;
  std::vector<size_t> ended;
  const Status ran = pipeline.Run(files, [&](Piece& piece) -> Status {
    for (const FileAction& file : piece.lines.files) sizes.push_back(file.size);
    if (piece.last) ended.push_back(piece.file);
    return Done{};
  });
  ASSERT_TRUE(ran) << ran.error().Message();
  EXPECT_THAT(ended, ::testing::ElementsAre(0, 1, 2, 3));
  ASSERT_EQ(static_cast<int64_t>(sizes.size()), count);
  for (int64_t i = 0; i < count; ++i) EXPECT_EQ(sizes[static_cast<size_t>(i)], i + 1);
}

TEST_F(PipelineTest, AFileThatCannotBeReadStopsAllAfterItAndIsNamed) {
  const std::vector<LogFile> files = {Put("0.json", AddLine(0, 10)), Put("1.json", "{\"add\":\n"),
                                      Put("2.json", AddLine(2, 10))};
  LogPipeline pipeline(fs, "/log", "/t", pool, warehouse::NoProgress());
  size_t taken = 0;
  const Status ran = pipeline.Run(files, [&](Piece& piece) -> Status {
    taken += piece.lines.files.size();
    return Done{};
  });
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().where, "/log/1.json:1");
  EXPECT_EQ(pipeline.Unreadable(), 1U);
  EXPECT_EQ(taken, 1U);
}

}  // namespace
}  // namespace salvor::delta
