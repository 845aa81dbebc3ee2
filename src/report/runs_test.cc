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

}  // namespace
}  // namespace salvor::report
