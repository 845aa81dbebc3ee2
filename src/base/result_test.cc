#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace salvor {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(Code::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  SALVOR_TRY(const int half, Half(number));
  SALVOR_TRY(const int quarter, Half(half));
  return quarter;
}

Status OnlyEven(int number, int& reached) {
  SALVOR_OK(Half(number));
  ++reached;
  return Done{};
}

TEST(Result, TryTakesTheValueOrReturnsTheError) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).error().what, "odd");
  EXPECT_EQ(Quarter(3).error().code, Code::kInvalidArgument);
}

TEST(Result, TryMovesWhatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto take = [&]() -> Result<int> {
    SALVOR_TRY(const std::unique_ptr<int> owned, make());
    return *owned;
  };
  EXPECT_EQ(take().value(), 7);
}

TEST(Result, OkGoesOnOrReturnsTheError) {
  int reached = 0;
  EXPECT_TRUE(OnlyEven(2, reached));
  EXPECT_FALSE(OnlyEven(3, reached));
  EXPECT_EQ(reached, 1);
}

TEST(Error, TheMessageSaysWhatWhereAndWhatNext) {
  EXPECT_EQ((Error{Code::kCorrupt, "a bad line", "f:3", "Mend it"}).Message(),
            "a bad line (f:3). Mend it");
  EXPECT_EQ((Error{Code::kCorrupt, "a bad line"}).Message(), "a bad line");
}

TEST(Error, PlaceAndAdviceAreFilledInOnlyWhereEmpty) {
  const Error error = Error{Code::kCorrupt, "what", "inner"}.At("outer").Next("do").Next("do not");
  EXPECT_EQ(error.where, "inner");
  EXPECT_EQ(error.next, "do");
}

TEST(Error, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    names.insert(CodeName(static_cast<Code>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Code::kInternal) + 1);
}

}  // namespace
}  // namespace salvor
