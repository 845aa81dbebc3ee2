#include "base/instant.h"

#include <gtest/gtest.h>

namespace salvor {
namespace {

TEST(Instant, TextIsUtcUnlessItSaysOtherwise) {
  const Instant noon = *ParseInstant("2026-11-22T12:00:00Z");
  EXPECT_EQ(*ParseInstant("2026-11-22 12:00"), noon);
  EXPECT_EQ(*ParseInstant("2026-11-22T14:00:00+02:00"), noon);
  EXPECT_EQ(*ParseInstant("2026-11-22T07:00:00.000-0500"), noon);
  EXPECT_EQ(*ParseInstant("2026-11-22") + std::chrono::hours(12), noon);
}

TEST(Instant, FormatReadsBack) {
  for (const int64_t millis : {int64_t{0}, int64_t{-1}, int64_t{1'700'000'000'123}}) {
    EXPECT_EQ(*ParseInstant(FormatInstant(InstantOfMillis(millis))), InstantOfMillis(millis));
  }
}

TEST(Instant, NonsenseIsRefused) {
  for (const char* text : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-22T25:00",
                           "2026-11-22T12:00:00.Z", "2026-11-22T12:00:00Zx", "2026-11-22x"}) {
    EXPECT_FALSE(ParseInstant(text)) << text;
  }
}

TEST(Span, HasTwoUnitsAtMost) {
  EXPECT_EQ(FormatSpan(std::chrono::hours(76)), "3 d 4 h");
  EXPECT_EQ(FormatSpan(std::chrono::seconds(61)), "1 min 1 s");
  EXPECT_EQ(FormatSpan(Millis(999)), "0 s");
}

TEST(Instant, WhatNoCalendarHasIsGivenAsItsEndAndReadsBack) {
  EXPECT_EQ(FormatInstant(Instant::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatInstant(Instant::min()), "0000-01-01T00:00:00Z");
  EXPECT_TRUE(ParseInstant(FormatInstant(Instant::max())));
  EXPECT_TRUE(ParseInstant(FormatInstant(Instant::min())));
  EXPECT_EQ(FormatSpan(Millis::min()), FormatSpan(Millis::max()));
}

}  // namespace
}  // namespace salvor
