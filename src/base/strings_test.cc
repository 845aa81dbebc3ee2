#include "base/strings.h"

#include <gtest/gtest.h>

namespace salvor {
namespace {

TEST(Strings, JoinPutsTheSeparatorBetweenAllParts) {
  EXPECT_EQ(Join({}, ", "), "");
  EXPECT_EQ(Join({"a"}, ", "), "a");
  EXPECT_EQ(Join({"a", "b", "c"}, "; "), "a; b; c");
  EXPECT_EQ(Join({"", "", "c"}, ","), ",,c");
}

TEST(Strings, TrimLeavesBlanksInside) {
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim(" \t\r\n"), "");
  EXPECT_EQ(Trim("\t a b\r\n"), "a b");
  EXPECT_EQ(Trim("\xc2\xa0"), "\xc2\xa0");
}

TEST(Strings, LowerCaseIsOfAsciiAlone) {
  EXPECT_EQ(LowerCase("AZaz09[@`{"), "azaz09[@`{");
  EXPECT_EQ(LowerCase("\xc3\x84X"), "\xc3\x84x");
}

TEST(Strings, ParseInt64TakesAllOfTheTextOrNothing) {
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-007"), -7);
  EXPECT_EQ(ParseInt64("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(ParseInt64("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "--1"}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace salvor
