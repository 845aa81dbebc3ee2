#include "recovery/case_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

class CaseFolderTest : public ::testing::Test {
 protected:
  CaseFolderTest() : fs_(clock_) { fs_.PutFolder("/cases", 01777); }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
};

TEST_F(CaseFolderTest, FoldersAboveAreMadeAndDurable) {
  fs_.ForgetAccesses();
  auto made = CreateCase(fs_, "/cases/2024/march/one", {});
  ASSERT_TRUE(made) << made.error().Message();
  EXPECT_TRUE(fs_.Everything().contains("/cases/2024/march/one/plan.json"));
  for (const char* folder : {"/cases", "/cases/2024", "/cases/2024/march"}) {
    EXPECT_THAT(fs_.Accesses(),
                ::testing::Contains(salvor::testing::MemFs::Access{"SyncDirectory", folder}));
  }
}

TEST_F(CaseFolderTest, AnotherPlanIsNeverOverwritten) {
  model::Plan plan;
  ASSERT_TRUE(CreateCase(fs_, "/cases/one", plan));
  ASSERT_TRUE(CreateCase(fs_, "/cases/one", plan));
  plan.intact = 7;
  auto other = CreateCase(fs_, "/cases/one", plan);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kConflict);
}

}  // namespace
}  // namespace salvor::recovery
