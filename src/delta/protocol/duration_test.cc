#include "delta/protocol/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Millis kWeek = hours(7 * 24);
constexpr Millis kMonth = hours(30 * 24);

Metadata With(const std::string& name, const std::string& text) {
  Metadata metadata;
  metadata.configuration[name] = text;
  return metadata;
}

TEST(ParseSparkInterval, TakesWhatSparkTakes) {
  for (const char* text :
       {"interval 7 days", "7 days", "INTERVAL 1 WEEK", "  interval\t168 hours ", "6 days 24 hours",
        "interval 8 days -1 day", "interval - 7 days + 14 day"})
    EXPECT_EQ(ParseSparkInterval(text), kWeek) << text;
  EXPECT_EQ(ParseSparkInterval("interval -7 days"), -kWeek);
  EXPECT_EQ(ParseSparkInterval("interval 0 hours"), Millis(0));
  EXPECT_EQ(ParseSparkInterval("interval 1.5 seconds"), Millis(1500));
  EXPECT_EQ(ParseSparkInterval("interval 1500 microseconds"), Millis(1));
}

TEST(ParseSparkInterval, LeavesWhatSparkCannotRead) {
  for (const char* text : {"", "interval", "rubbish", "604800", "interval 1.5 days", "2 fortnights",
                           "interval 1 month", "interval 1 year", "interval 7days", "7 days 3",
                           "1 nanosecond", "interval 9223372036854775807 weeks", "-", "interval +"})
    EXPECT_EQ(ParseSparkInterval(text), std::nullopt) << text;
}

TEST(ParseKernelInterval, KnowsOneSpellingOnly) {
  EXPECT_EQ(ParseKernelInterval("interval 7 days"), kWeek);
  EXPECT_EQ(ParseKernelInterval("interval 1 week"), kWeek);
  EXPECT_EQ(ParseKernelInterval("interval 5000000 nanoseconds"), Millis(5));
  for (const char* text :
       {"7 days", "INTERVAL 1 WEEK", "interval -7 days", "interval 6 days 24 hours"})
    EXPECT_EQ(ParseKernelInterval(text), std::nullopt) << text;
}

TEST(DurationOf, IsTheShorterOfWhatReadersTakeItFor) {
  EXPECT_EQ(DurationOf({}, kFileRetention, kWeek).what, "7 d, the default");
  EXPECT_EQ(DurationOf(With(kFileRetention, "interval 30 days"), kFileRetention, kWeek).span,
            kMonth);
  const auto shorter = DurationOf(With(kFileRetention, "1 hour"), kFileRetention, kWeek);
  EXPECT_EQ(shorter.span, hours(1));
  EXPECT_EQ(shorter.what, "1 h");
  const auto longer = DurationOf(With(kFileRetention, "30 days"), kFileRetention, kWeek);
  EXPECT_EQ(longer.span, kWeek);
  EXPECT_EQ(longer.what, "7 d, the default, which delta-rs takes for '30 days'; Spark takes 30 d");
}

TEST(DurationOf, WhatIsNoDurationIsTheDefaultAndUrgent) {
  const auto duration = DurationOf(With(kFileRetention, "2 fortnights"), kFileRetention, kWeek);
  EXPECT_EQ(duration.span, kWeek);
  EXPECT_FALSE(duration.is_duration);
  EXPECT_THAT(duration.what, HasSubstr("'2 fortnights' is not a duration: treat it as urgent"));
}

TEST(DurationNotes, SayWhoCannotReadTheTable) {
  EXPECT_THAT(DurationNotes(With(kFileRetention, "interval 1 day")), IsEmpty());
  EXPECT_THAT(DurationNotes(With(kFileRetention, "soon")),
              ElementsAre(HasSubstr("Spark cannot read this table")));
  EXPECT_THAT(DurationNotes(With("delta.setTransactionRetentionDuration", "")),
              ElementsAre(HasSubstr("Spark cannot read this table")));
  EXPECT_THAT(DurationNotes(With(kLogRetention, "soon")),
              ElementsAre(testing::AllOf(HasSubstr("is assumed"), HasSubstr("urgent"))));
}

}  // namespace
}  // namespace salvor::delta
