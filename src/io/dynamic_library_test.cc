#include "io/dynamic_library.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace salvor::io {
namespace {

constexpr DynamicLibrary kMath{"The mathematics library", "libm.so.6", "Install it"};

TEST(DynamicLibrary, IsCalledLikeTheFunctionItself) {
  DynamicFunction<double(double)> cube_root{"cbrt"};
  ASSERT_TRUE(BindLibrary(kMath, {&cube_root}));
  EXPECT_DOUBLE_EQ(cube_root(27.0), 3.0);
}

TEST(DynamicLibrary, PassesTheFurtherArgumentsOfAVariadicFunction) {
  DynamicFunction<int(char*, size_t, const char*, ...)> print{"snprintf"};
  ASSERT_TRUE(BindLibrary({"The C library", "libc.so.6", ""}, {&print}));
  std::array<char, 32> text{};
  EXPECT_EQ(print(text.data(), text.size(), "%s %ld %.1f", "a", 1L << 40U, 2.5), 19);
  EXPECT_STREQ(text.data(), "a 1099511627776 2.5");
}

TEST(DynamicLibrary, SaysWhichLibraryCannotBeOpenedAndWhatToDo) {
  const Status status = BindLibrary({"Nobody's library", "libof-nobody.so.0", "Install it"}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  EXPECT_EQ(status.error().where, "libof-nobody.so.0");
  EXPECT_EQ(status.error().what.find("Nobody's library cannot be opened: "), 0U)
      << status.error().what;
  EXPECT_EQ(status.error().next, "Install it");
}

TEST(DynamicLibrary, SaysWhichFunctionIsMissing) {
  DynamicSymbol symbol{"cbrt_of_another_age"};
  const Status status = BindLibrary(kMath, {&symbol});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnsupported);
  EXPECT_NE(status.error().what.find("cbrt_of_another_age"), std::string::npos);
}

}  // namespace
}  // namespace salvor::io
