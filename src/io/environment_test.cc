#include "io/environment.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "io/random.h"

namespace salvor::io {
namespace {

TEST(SystemEnvironment, TellsUnsetFromEmpty) {
  ASSERT_EQ(::setenv("SALVOR_TEST_EMPTY", "", 1), 0);
  ASSERT_EQ(::setenv("SALVOR_TEST_SET", "a=b", 1), 0);
  ASSERT_EQ(::unsetenv("SALVOR_TEST_UNSET"), 0);
  EXPECT_EQ(SystemEnvironment().Get("SALVOR_TEST_EMPTY"), "");
  EXPECT_EQ(SystemEnvironment().Get("SALVOR_TEST_SET"), "a=b");
  EXPECT_EQ(SystemEnvironment().Get("SALVOR_TEST_UNSET"), std::nullopt);
  EXPECT_EQ(SystemEnvironment().ValueOf("SALVOR_TEST_UNSET"), "");
}

TEST(SystemRandom, DoesNotRepeatItself) { EXPECT_NE(SystemRandom().Next(), SystemRandom().Next()); }

class Scripted final : public Random {
 public:
  explicit Scripted(uint64_t bits) : bits_(bits) {}
  [[nodiscard]] uint64_t Next() const override { return bits_; }

 private:
  uint64_t bits_;
};

TEST(Random, FractionsReachFromZeroToJustBelowOne) {
  EXPECT_EQ(Scripted(0).NextFraction(), 0.0);
  EXPECT_LT(Scripted(~uint64_t{0}).NextFraction(), 1.0);
  EXPECT_GT(Scripted(~uint64_t{0}).NextFraction(), 0.999);
}

}  // namespace
}  // namespace salvor::io
