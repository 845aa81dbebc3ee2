#include "delta/table_around.h"

#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

class TableAroundTest : public ::testing::Test {
 protected:
  TableAroundTest() : fs_(clock_) {
    fs_.PutFolder("/lake/t/_delta_log", 0755);
    fs_.PutFolder("/lake/t/day=1", 0755);
    fs_.PutFolder("/cases", 0755);
  }
  std::string Around(const std::string& path) {
    const auto table = TableAround(fs_, path);
    EXPECT_TRUE(table) << table.error().Message();
    return table ? *table : "?";
  }

  testing::ScriptedClock clock_;
  testing::MemFs fs_;
};

TEST_F(TableAroundTest, IsTheTableThatThePathIsOrLiesBelow) {
  for (const char* path : {"/lake/t", "/lake/t/day=1", "/lake/t/inc", "/lake/t/a/b/c"}) {
    EXPECT_EQ(Around(path), "/lake/t") << path;
  }
}

TEST_F(TableAroundTest, IsNoneBesideATable) {
  for (const char* path : {"/lake", "/lake/inc", "/lake/t2", "/cases/one/two", "/"}) {
    EXPECT_EQ(Around(path), "") << path;
  }
}

}  // namespace
}  // namespace salvor::delta
