#include "recovery/find_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FindCasesTest : public ::testing::Test {
 protected:
  FindCasesTest() : fs_(clock_) {
    for (const char* path :
         {"/w/b/plan.json", "/w/a/x/plan.json", "/w/a/x/deeper/plan.json", "/w/.hidden/plan.json",
          "/w/1/2/3/4/plan.json", "/w/1/2/3/4/5/plan.json", "/w/c/other.json"}) {
      std::string folder = path;
      folder = folder.substr(0, folder.rfind('/'));
      fs_.PutFolder(folder, 0755);
      fs_.Put(path, "{}");
    }
    fs_.PutFolder("/w/table/_delta_log", 0755);
    fs_.PutFolder("/w/table/inc", 0755);
    fs_.Put("/w/table/inc/plan.json", "{}");
  }

  testing::ScriptedClock clock_;
  testing::MemFs fs_;
};

TEST_F(FindCasesTest, AreTheFoldersWithAPlanInTheOrderOfNames) {
  const auto found = FindCases(fs_, "/w");
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_THAT(found->folders, ElementsAre("/w/1/2/3/4", "/w/a/x", "/w/b"));
  EXPECT_THAT(found->skipped, IsEmpty());
}

TEST_F(FindCasesTest, FolderItselfMayBeOne) {
  EXPECT_THAT(FindCases(fs_, "/w/b")->folders, ElementsAre("/w/b"));
}

TEST_F(FindCasesTest, FolderThatIsNotThereIsAnError) {
  const auto found = FindCases(fs_, "/none");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace salvor::recovery
