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

}  // namespace
}  // namespace salvor::http
