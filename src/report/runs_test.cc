#include "report/runs.h"

#include <gtest/gtest.h>

namespace salvor::report {
namespace {

using model::PartitionKey;

const std::vector<model::PartitionColumn> kDays{{"day", model::ColumnType::kDate}};

PartitionKey Day(const char* text) { return {{std::string(text)}}; }
const PartitionKey kNull{{std::nullopt}};
const PartitionKey kOutside{{std::string(model::kUnpartitioned)}};

TEST(Runs, PartitionsThatStandForNoValueAreNobodysNeighbours) {
  EXPECT_TRUE(AreNeighbours(kDays, Day("2024-01-01"), Day("2024-01-02")));
  EXPECT_FALSE(AreNeighbours(kDays, kNull, Day("2024-01-02")));
  EXPECT_FALSE(AreNeighbours(kDays, Day("2024-01-02"), kOutside));
  EXPECT_FALSE(AreNeighbours(kDays, kNull, kOutside));
}

TEST(Runs, InATextColumnTheNameOfThatPartitionIsATextLikeOthers) {
  const std::vector<model::PartitionColumn> texts{{"t", model::ColumnType::kString}};
  EXPECT_TRUE(AreNeighbours(texts, Day("a"), kOutside));
}

TEST(Runs, ASpanNamesWhatIsOutsideByItself) {
  EXPECT_EQ(FormatKeys(kDays, {kOutside, Day("2024-01-03"), kNull, Day("2024-01-01")}),
            "2024-01-01 .. 2024-01-03, NULL, __UNPARTITIONED__");
  EXPECT_EQ(FormatKeys(kDays, {kNull}), "NULL");
  EXPECT_EQ(FormatKeys(kDays, {Day("2024-01-03")}), "2024-01-03");
  EXPECT_EQ(FormatKeys(kDays, {}), "");
}

TEST(Runs, ASpanOfAListHoldsNothingThatIsNotMeant) {
  EXPECT_EQ(FormatListed(kDays, {Day("2024-02-28"), Day("2024-02-29"), Day("2024-03-01")}),
            "2024-02-28 .. 2024-03-01");
  EXPECT_EQ(FormatListed(kDays, {Day("2024-01-01"), Day("2024-01-03"), Day("2024-01-04")}),
            "2024-01-01, 2024-01-03 .. 2024-01-04");
  EXPECT_EQ(FormatListed(kDays, {Day("2024-01-01"), Day("2024-01-03"), Day("2024-01-05"),
                                 Day("2024-01-07"), Day("2024-01-08"), Day("2024-01-10")}),
            "2024-01-01, 2024-01-03, 2024-01-05, and 3 more");
  EXPECT_EQ(FormatListed(kDays, {kNull}), "NULL");
  EXPECT_EQ(FormatListed(kDays, {}), "");
  const std::vector<model::PartitionColumn> texts{{"t", model::ColumnType::kString}};
  EXPECT_EQ(FormatListed(texts, {Day("DE"), Day("US")}), "DE, US");
}

TEST(Runs, DeadlinesOfOneStatementAreOne) {
  const Instant at = ParseInstant("2024-01-02T03:04:05.999Z").value();
  EXPECT_TRUE(SameDeadline(at, at + Millis(1)));
  EXPECT_TRUE(SameDeadline(at + Millis(59'999), at));
  EXPECT_FALSE(SameDeadline(at, at + Millis(60'000)));
  EXPECT_FALSE(SameDeadline(at, std::nullopt));
  EXPECT_TRUE(SameDeadline(std::nullopt, std::nullopt));
  EXPECT_EQ(FormatDeadline(at), "2024-01-02T03:04:05Z");
  EXPECT_EQ(FormatDeadline(std::nullopt), "");
}

}  // namespace
}  // namespace salvor::report
