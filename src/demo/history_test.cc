#include "demo/history.h"

#include <gtest/gtest.h>

namespace salvor::demo {
namespace {

using std::chrono::days;
using std::chrono::hours;

Instant At(const char* text) { return ParseInstant(text).value(); }

TEST(HistoryTest, EveryDayIsWrittenOnceAndWithoutAGap) {
  const History history = PlanHistory(At("2026-11-22T16:20:00Z")).value();
  int64_t next = ParseDay("2021-05-01").value();
  for (const Happening& happening : history.happenings) {
    if (happening.Empties()) continue;
    EXPECT_EQ(happening.days.first, next);
    next = happening.days.last + 1;
  }
  EXPECT_EQ(FormatDay(next), "2026-11-22");
  EXPECT_EQ(history.written.last, next - 1);
}

TEST(HistoryTest, VersionsAreTheSameAtAnyTimeOfTheDay) {
  const Instant midnight = At("2026-11-22");
  const History expected = PlanHistory(midnight).value();
  for (int hour = 1; hour < 24; ++hour) {
    const History other = PlanHistory(midnight + hours(hour)).value();
    ASSERT_EQ(other.happenings.size(), expected.happenings.size());
    for (size_t version = 0; version < expected.happenings.size(); ++version) {
      EXPECT_EQ(other.happenings[version].kind, expected.happenings[version].kind);
    }
  }
}

TEST(HistoryTest, WhatWasEmptiedIsStillInsideTheWeekOfTimeTravel) {
  const Instant now = At("2026-11-22T16:20:00Z");
  int emptied = 0;
  const History history = PlanHistory(now).value();
  for (const Happening& happening : history.happenings) {
    EXPECT_LT(happening.at, now);
    if (!happening.Empties()) continue;
    ++emptied;
    EXPECT_GT(happening.at + days(7), now + days(1));
    EXPECT_LT(happening.days.last + 30, MillisOf(happening.at) / 86'400'000);
  }
  EXPECT_EQ(emptied, 2);
}

TEST(HistoryTest, NobodyWritesTwiceInOneSecond) {
  const History history = PlanHistory(At("2026-11-22T16:20:00.999Z")).value();
  for (size_t version = 1; version < history.happenings.size(); ++version) {
    EXPECT_GT(history.happenings[version].at, history.happenings[version - 1].at + hours(1));
  }
}

TEST(HistoryTest, ClockBeforeTheStoryIsRefused) {
  EXPECT_EQ(PlanHistory(At("1970-01-02")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(PlanHistory(At("2023-04-01")).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace salvor::demo
