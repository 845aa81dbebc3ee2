// What MemFs has beyond the contract (tests/contract/fs_contract.cc): the scene and the rights.
#include "testing/mem_fs.h"

#include <gtest/gtest.h>

#include "testing/scripted_clock.h"

namespace salvor::testing {
namespace {

class MemFsTest : public ::testing::Test {
 protected:
  ScriptedClock clock_{InstantOfMillis(1000)};
  MemFs fs_{clock_};
};

TEST_F(MemFsTest, PutMakesTheFoldersOnTheWay) {
  fs_.Put("/a/b/f", "x");
  EXPECT_EQ(fs_.Everything(),
            (std::map<std::string, std::string>{{"/a", ""}, {"/a/b", ""}, {"/a/b/f", "x"}}));
}

TEST_F(MemFsTest, TimesComeFromTheClock) {
  fs_.Put("/f", "x");
  EXPECT_EQ(MillisOf(fs_.Stat("/f").value()->modified), 1000);
  clock_.Set(InstantOfMillis(7000));
  ASSERT_TRUE(fs_.Replace("/f", "y", 0644));
  EXPECT_EQ(MillisOf(fs_.Stat("/f").value()->modified), 7000);
}

TEST_F(MemFsTest, AccessesAreRecordedInOrderAndTheSceneIsNot) {
  fs_.Put("/f", "x");
  EXPECT_TRUE(fs_.ReadFile("/f", 10));
  EXPECT_TRUE(fs_.Link("/f", "/g"));
  EXPECT_EQ(fs_.Accesses(), (std::vector<MemFs::Access>{{"ReadFile", "/f"}, {"Link", "/g"}}));
  fs_.ForgetAccesses();
  EXPECT_TRUE(fs_.Accesses().empty());
}

TEST_F(MemFsTest, AMountIsAnotherDevice) {
  fs_.Put("/f", "x");
  fs_.PutMount("/mnt", 9);
  EXPECT_EQ(fs_.Link("/f", "/mnt/f").value(), io::LinkOutcome::kOtherDevice);
  EXPECT_TRUE(fs_.CopyNew("/f", "/mnt/f").value());
  EXPECT_EQ(fs_.Stat("/mnt/f").value()->device, 9U);
  EXPECT_TRUE(fs_.MakeDirectory("/mnt/d", 0755).value());
  EXPECT_EQ(fs_.Link("/mnt/f", "/mnt/d/f").value(), io::LinkOutcome::kLinked);
}

TEST_F(MemFsTest, LinkingMayBeForbiddenForOneFile) {
  fs_.Put("/f", "x");
  fs_.ForbidLinking("/f");
  EXPECT_EQ(fs_.Link("/f", "/g").value(), io::LinkOutcome::kNotPermitted);
  EXPECT_EQ(fs_.Link(*fs_.Open("/f").value(), "/g").value(), io::LinkOutcome::kNotPermitted);
}

TEST_F(MemFsTest, ModesAreEnforced) {
  fs_.Put("/closed/f", "x", 0600);
  fs_.SetOwner("/closed/f", 7, 7);
  EXPECT_EQ(fs_.ReadFile("/closed/f", 10).error().code, Code::kPermission);
  EXPECT_EQ(fs_.OpenAppend("/closed/f", 0600).error().code, Code::kPermission);
  fs_.SetMode("/closed", 0500);
  EXPECT_EQ(fs_.CreateNew("/closed/g", "x", 0600).error().code, Code::kPermission);
  EXPECT_EQ(fs_.Remove("/closed/f").error().code, Code::kPermission);
  fs_.SetMode("/closed", 0600);
  EXPECT_EQ(fs_.Stat("/closed/f").error().code, Code::kPermission);
}

TEST_F(MemFsTest, UserZeroMayDoEverything) {
  fs_.Put("/closed/f", "x", 0000);
  fs_.SetMode("/closed", 0000);
  fs_.ActAs(0);
  EXPECT_EQ(fs_.EffectiveUser(), 0U);
  EXPECT_EQ(fs_.ReadFile("/closed/f", 10).value(), "x");
}

TEST_F(MemFsTest, ThePipeIsNoFile) {
  fs_.PutPipe("/p");
  EXPECT_EQ(fs_.Lstat("/p").value()->type, io::FileInfo::Type::kOther);
  EXPECT_EQ(fs_.Open("/p").error().code, Code::kInvalidArgument);
}

TEST(ScriptedClock, SleepingPassesTheTimeAtOnce) {
  const ScriptedClock clock(InstantOfMillis(100));
  clock.Sleep(Millis(40));
  EXPECT_EQ(MillisOf(clock.Now()), 140);
  EXPECT_EQ(clock.Slept(), Millis(40));
}

TEST(ScriptedClock, AStepMakesEveryInstantDistinct) {
  const ScriptedClock clock(InstantOfMillis(100), Millis(5));
  EXPECT_EQ(MillisOf(clock.Now()), 100);
  EXPECT_EQ(MillisOf(clock.Now()), 105);
}

}  // namespace
}  // namespace salvor::testing
