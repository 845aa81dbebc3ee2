#include "testing/crashing_fs.h"

#include <gtest/gtest.h>

#include <set>

#include "testing/faulty_fs.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::testing {
namespace {

class CrashingFsTest : public ::testing::Test {
 protected:
  CrashingFsTest() { mem_.PutFolder("/d"); }
  bool Exists(const std::string& path) { return mem_.Lstat(path).value().has_value(); }
  std::string Read(const std::string& path) { return mem_.ReadFile(path, 100).value(); }

  ScriptedClock clock_;
  MemFs mem_{clock_};
  CrashingFs fs_{mem_, "/graveyard"};
};

TEST_F(CrashingFsTest, OnlyChangesCount) {
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_TRUE(fs_.ReadFile("/d/f", 10));
  EXPECT_TRUE(fs_.SyncDirectory("/d"));
  EXPECT_EQ(fs_.Operations(), 2);
}

TEST_F(CrashingFsTest, BeforeTheOperationNothingHappened) {
  fs_.CrashAt(2, Moment::kBefore);
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_EQ(fs_.CreateNew("/d/g", "x", 0600).error().code, Code::kUnavailable);
  EXPECT_TRUE(Exists("/d/f"));
  EXPECT_FALSE(Exists("/d/g"));
  EXPECT_EQ(fs_.CrashedAt(), "operation 2, before CreateNew /d/g");
}

TEST_F(CrashingFsTest, AfterTheOperationItHappenedAndTheAnswerIsLost) {
  fs_.CrashAt(1, Moment::kAfter);
  EXPECT_FALSE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_TRUE(Exists("/d/f"));
}

TEST_F(CrashingFsTest, DuringACreationThereIsHalfATemporaryFileAndNotTheName) {
  fs_.CrashAt(1, Moment::kDuring);
  EXPECT_FALSE(fs_.CreateNew("/d/f", "1234", 0600));
  const auto names = mem_.List("/d").value();
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names[0].rfind(".salvor-tmp-", 0), 0U);
  EXPECT_EQ(Read("/d/" + names[0]), "12");
}

TEST_F(CrashingFsTest, DuringAnAppendHalfOfItIsThere) {
  auto file = fs_.OpenAppend("/d/f", 0600).value();
  EXPECT_TRUE(file->Append("whole\n"));
  fs_.CrashAt(3, Moment::kDuring);
  EXPECT_FALSE(file->Append("1234"));
  EXPECT_FALSE(file->Sync());
  EXPECT_EQ(Read("/d/f"), "whole\n12");
}

TEST_F(CrashingFsTest, AfterTheCrashEverythingIsRefusedUntilTheReboot) {
  fs_.CrashAt(1, Moment::kBefore);
  EXPECT_FALSE(fs_.Remove("/d/f"));
  EXPECT_FALSE(fs_.Stat("/d"));
  EXPECT_FALSE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_TRUE(fs_.Crashed());
  fs_.Reboot(Loss::kNothing);
  EXPECT_FALSE(fs_.Crashed());
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600).value());
}

TEST_F(CrashingFsTest, AKilledProcessLosesNothingThatItDid) {
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_TRUE(fs_.MakeDirectory("/d/e", 0700));
  fs_.Reboot(Loss::kNothing);
  EXPECT_TRUE(Exists("/d/f"));
  EXPECT_TRUE(Exists("/d/e"));
}

TEST_F(CrashingFsTest, AKilledProcessMayLoseItToALaterPowerFailure) {
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600));
  fs_.Reboot(Loss::kNothing);
  fs_.Reboot(Loss::kEverything);
  EXPECT_FALSE(Exists("/d/f"));
}

TEST_F(CrashingFsTest, NamesInAFolderThatWasNotSyncedAreLost) {
  mem_.Put("/old", "x");
  EXPECT_TRUE(fs_.CreateNew("/d/kept", "x", 0600));
  EXPECT_TRUE(fs_.SyncDirectory("/d"));
  EXPECT_TRUE(fs_.CreateNew("/d/created", "x", 0600));
  EXPECT_TRUE(fs_.Link("/old", "/d/linked"));
  EXPECT_TRUE(fs_.CopyNew("/old", "/d/copied"));
  EXPECT_TRUE(fs_.OpenAppend("/d/appended", 0600));
  fs_.Reboot(Loss::kEverything);
  EXPECT_EQ(mem_.List("/d").value(), std::vector<std::string>{"kept"});
  EXPECT_TRUE(Exists("/old"));
}

TEST_F(CrashingFsTest, ALostFolderTakesEverythingInItAlong) {
  EXPECT_TRUE(fs_.MakeDirectory("/d/e", 0700));
  EXPECT_TRUE(fs_.CreateNew("/d/e/f", "x", 0600));
  EXPECT_TRUE(fs_.SyncDirectory("/d/e"));
  fs_.Reboot(Loss::kEverything);
  EXPECT_FALSE(Exists("/d/e"));
}

TEST_F(CrashingFsTest, ReplaceIsDurableAndSyncsItsFolder) {
  EXPECT_TRUE(fs_.CreateNew("/d/f", "x", 0600));
  EXPECT_TRUE(fs_.Replace("/d/g", "y", 0600));
  fs_.Reboot(Loss::kEverything);
  EXPECT_EQ(Read("/d/g"), "y");
  EXPECT_TRUE(Exists("/d/f"));
}

TEST_F(CrashingFsTest, ARemovalThatWasNotSyncedComesBackAsTheSameFile) {
  mem_.Put("/d/f", "x");
  mem_.PutFolder("/d/e", 0700);
  const auto before = mem_.Stat("/d/f").value().value();
  EXPECT_TRUE(fs_.Remove("/d/f").value());
  EXPECT_TRUE(fs_.RemoveDirectory("/d/e").value());
  EXPECT_FALSE(Exists("/d/f"));
  fs_.Reboot(Loss::kEverything);
  EXPECT_TRUE(mem_.Stat("/d/f").value()->SameInode(before));
  EXPECT_EQ(mem_.Stat("/d/f").value()->links, 1U);
  EXPECT_EQ(mem_.Stat("/d/e").value()->mode, 0700U);
}

TEST_F(CrashingFsTest, ASyncedRemovalStays) {
  mem_.Put("/d/f", "x");
  EXPECT_TRUE(fs_.Remove("/d/f").value());
  EXPECT_TRUE(fs_.SyncDirectory("/d"));
  fs_.Reboot(Loss::kEverything);
  EXPECT_FALSE(Exists("/d/f"));
  EXPECT_TRUE(mem_.List("/graveyard").value().empty());
}

TEST_F(CrashingFsTest, AppendedBytesAreLostUpToTheLastSync) {
  mem_.Put("/d/f", "old,");
  {
    const auto file = fs_.OpenAppend("/d/f", 0600).value();
    EXPECT_TRUE(file->Append("synced,"));
    EXPECT_TRUE(file->Sync());
    EXPECT_TRUE(file->Append("lost,"));
    EXPECT_TRUE(file->Append("lost too"));
  }
  fs_.Reboot(Loss::kEverything);
  EXPECT_EQ(Read("/d/f"), "old,synced,");
}

TEST_F(CrashingFsTest, SomethingLostDependsOnTheSeedAlone) {
  std::set<size_t> seen;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (int number = 0; number < 4; ++number) {
      EXPECT_TRUE(fs_.CreateNew("/d/" + std::to_string(number), "x", 0600).value());
    }
    fs_.Reboot(Loss::kSomething, seed);
    const auto names = mem_.List("/d").value();
    seen.insert(names.size());
    for (const std::string& name : names) EXPECT_TRUE(mem_.Remove("/d/" + name).value());
  }
  EXPECT_GT(seen.size(), 2U);
}

TEST(FaultyFs, TheNthCallOfAKindFailsOnceAndNothingHappens) {
  const ScriptedClock clock;
  MemFs mem(clock);
  FaultyFs fs(mem);
  fs.FailOnce(Call::kCreateNew, 2, FullDisk());
  EXPECT_TRUE(fs.CreateNew("/a", "x", 0600));
  const auto failed = fs.CreateNew("/b", "x", 0600);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kUnavailable);
  EXPECT_EQ(failed.error().where, "/b");
  EXPECT_FALSE(mem.Stat("/b").value());
  EXPECT_TRUE(fs.CreateNew("/b", "x", 0600));
  EXPECT_EQ(fs.Count(Call::kCreateNew), 3);
}

TEST(FaultyFs, AllCallsOnAPathFailUntilMended) {
  const ScriptedClock clock;
  MemFs mem(clock);
  FaultyFs fs(mem);
  fs.FailAlways(Call::kReadFile, AccessDenied(), "secret");
  mem.Put("/secret", "x");
  mem.Put("/open", "x");
  EXPECT_EQ(fs.ReadFile("/secret", 10).error().code, Code::kPermission);
  EXPECT_TRUE(fs.ReadFile("/open", 10));
  fs.Mend();
  EXPECT_TRUE(fs.ReadFile("/secret", 10));
}

TEST(FaultyFs, AnOpenFileFailsToo) {
  const ScriptedClock clock;
  MemFs mem(clock);
  FaultyFs fs(mem);
  const auto file = fs.OpenAppend("/f", 0600).value();
  fs.FailOnce(Call::kSync, 1, FullDisk());
  EXPECT_TRUE(file->Append("x"));
  EXPECT_FALSE(file->Sync());
  EXPECT_TRUE(file->Sync());
}

}  // namespace
}  // namespace salvor::testing
