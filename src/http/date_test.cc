#include "http/date.h"

#include <gtest/gtest.h>

namespace salvor::http {
namespace {

TEST(DateTest, ReadsTheFormsOfTheRfc) {
  const Instant instant = InstantOfMillis(784'111'777'000);
  EXPECT_EQ(ParseDate("Sun, 06 Nov 1994 08:49:37 GMT"), instant);
  EXPECT_EQ(ParseDate("Sunday, 06-Nov-94 08:49:37 GMT"), instant);
  EXPECT_EQ(ParseDate("Sun Nov  6 08:49:37 1994"), instant);
}

TEST(DateTest, AnythingElseIsNoDate) {
  EXPECT_EQ(ParseDate(""), std::nullopt);
  EXPECT_EQ(ParseDate("soon"), std::nullopt);
  EXPECT_EQ(ParseDate("120"), std::nullopt);
}

TEST(DateTest, YearWithoutEndIsNoDate) {
  EXPECT_EQ(ParseDate("Sun, 06 Nov 995470649 08:49:37 GMT"), std::nullopt);
  EXPECT_NE(ParseDate("Fri, 31 Dec 9999 23:59:59 GMT"), std::nullopt);
  EXPECT_EQ(ParseDate("Sat, 01 Jan 10000 00:00:00 GMT"), std::nullopt);
}

}  // namespace
}  // namespace salvor::http
