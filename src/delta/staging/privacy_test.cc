#include "delta/staging/privacy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

class PrivacyTest : public ::testing::Test {
 protected:
  PrivacyTest() {
    fs_.PutFolder("/lake/t");
    fs_.PutFolder("/lake/private/copy");
    fs_.SetMode("/lake/private/copy", 0700);
  }

  std::string RefusalOf(const std::string& folder) {
    const auto found = CheckPrivate(fs_, folder, "/lake/t");
    if (found) return "";
    EXPECT_EQ(found.error().code, Code::kRefused);
    return found.error().Message();
  }

  testing::ScriptedClock clock_;
  testing::MemFs fs_{clock_};
};

TEST_F(PrivacyTest, PrivateFolderIsDescribed) {
  const auto found = CheckPrivate(fs_, "/lake/private/copy", "/lake/t");
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_THAT(*found, HasSubstr("mode 0700"));
}

TEST_F(PrivacyTest, AnyOtherModeIsRefused) {
  for (const uint32_t mode : {0750U, 0701U, 0755U, 0500U}) {
    fs_.SetMode("/lake/private/copy", mode);
    EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("instead of 0700")) << mode;
  }
}

TEST_F(PrivacyTest, SetGroupIdBitFromTheParentIsNoObstacle) {
  fs_.SetMode("/lake/private/copy", 02700);
  EXPECT_EQ(RefusalOf("/lake/private/copy"), "");
}

TEST_F(PrivacyTest, SymbolicLinkIsRefused) {
  fs_.PutSymlink("/lake/private/link", "/lake/private/copy");
  EXPECT_THAT(RefusalOf("/lake/private/link"), HasSubstr("symbolic link"));
}

TEST_F(PrivacyTest, AnotherOwnerIsRefused) {
  fs_.SetOwner("/lake/private/copy", 4711, 4711);
  EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("4711"));
}

TEST_F(PrivacyTest, AccessControlListIsRefused) {
  fs_.SetExtendedAcl("/lake/private/copy", true);
  EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("access control list"));
}

TEST_F(PrivacyTest, ParentThatEverybodyWritesIsRefusedWithoutItsStickyBit) {
  fs_.SetMode("/lake/private", 0777);
  EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("everybody"));
  fs_.SetMode("/lake/private", 01777);
  EXPECT_EQ(RefusalOf("/lake/private/copy"), "");
}

TEST_F(PrivacyTest, ParentThatAGroupWritesIsRefusedUnlessItHoldsTheTableToo) {
  fs_.SetMode("/lake", 0775);
  EXPECT_EQ(RefusalOf("/lake/private/copy"), "");
  fs_.SetMode("/lake/private", 0775);
  EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("a group"));
}

TEST_F(PrivacyTest, ParentOfAnotherUserIsRefusedAndOneOfRootIsNot) {
  fs_.SetOwner("/lake/private", 0, 0);
  EXPECT_EQ(RefusalOf("/lake/private/copy"), "");
  fs_.SetOwner("/lake/private", 4711, 4711);
  EXPECT_THAT(RefusalOf("/lake/private/copy"), HasSubstr("another user"));
}

TEST_F(PrivacyTest, PlaceInsideTheTableIsRefusedAlsoThroughALink) {
  EXPECT_TRUE(CheckOutsideTable(fs_, "/lake/staging", "/lake/t"));
  EXPECT_TRUE(CheckOutsideTable(fs_, "/lake/t2", "/lake/t"));
  EXPECT_FALSE(CheckOutsideTable(fs_, "/lake/t", "/lake/t"));
  EXPECT_FALSE(CheckOutsideTable(fs_, "/lake/t/not/there/yet", "/lake/t"));
  fs_.PutSymlink("/lake/elsewhere", "/lake/t");
  EXPECT_FALSE(CheckOutsideTable(fs_, "/lake/elsewhere/copy", "/lake/t"));
}

}  // namespace
}  // namespace salvor::delta
