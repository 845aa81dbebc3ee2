#include "delta/protocol/type_widening.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

TEST(TypeWideningTest, NumbersWiden) {
  EXPECT_TRUE(Widens("byte", "long"));
  EXPECT_TRUE(Widens("integer", "double"));
  EXPECT_TRUE(Widens("float", "double"));
  EXPECT_TRUE(Widens("date", "timestamp_ntz"));
}

TEST(TypeWideningTest, NothingNarrows) {
  EXPECT_FALSE(Widens("long", "integer"));
  EXPECT_FALSE(Widens("long", "double"));
  EXPECT_FALSE(Widens("double", "float"));
  EXPECT_FALSE(Widens("string", "long"));
  EXPECT_FALSE(Widens("date", "timestamp"));
}

TEST(TypeWideningTest, DecimalsKeepRoomBeforeThePoint) {
  EXPECT_TRUE(Widens("decimal(10,2)", "decimal(12,4)"));
  EXPECT_FALSE(Widens("decimal(10,2)", "decimal(11,4)"));
  EXPECT_FALSE(Widens("decimal(10,2)", "decimal(12,1)"));
  EXPECT_TRUE(Widens("integer", "decimal(10,0)"));
  EXPECT_FALSE(Widens("integer", "decimal(10,1)"));
  EXPECT_TRUE(Widens("long", "decimal(20,0)"));
  EXPECT_FALSE(Widens("long", "decimal(19,0)"));
  EXPECT_FALSE(Widens("decimal(x,2)", "decimal(12,4)"));
}

}  // namespace
}  // namespace salvor::delta
