#include "testing/bigquery_server/store/partitioning.h"

#include <gtest/gtest.h>

#include "testing/bigquery_server/store/rows.h"

namespace salvor::testing::bigquery {
namespace {

Partitioning ByDay() { return {Partitioning::Kind::kDay, "d"}; }

Partitioning ByTens() { return {Partitioning::Kind::kRange, "n", 0, 100, 10}; }

std::string IdOf(const Partitioning& partitioning, const std::string& value) {
  delta::Duck duck({});
  const auto rows = duck.Rows("SELECT " + PartitionIdSql(partitioning, value));
  return rows ? (*rows)[0][0].value_or("?") : rows.error().Message();
}

TEST(PartitioningTest, RowGoesToItsDay) {
  EXPECT_EQ(IdOf(ByDay(), "DATE '2024-01-31'"), "20240131");
  EXPECT_EQ(IdOf(ByDay(), "NULL::DATE"), "__NULL__");
  EXPECT_EQ(IdOf({Partitioning::Kind::kHour, "t"}, "TIMESTAMP '2024-01-31 23:59:59'"),
            "2024013123");
}

TEST(PartitioningTest, DayOutsideTheSupportedOnesIsUnpartitioned) {
  EXPECT_EQ(IdOf(ByDay(), "DATE '1959-12-31'"), "__UNPARTITIONED__");
  EXPECT_EQ(IdOf(ByDay(), "DATE '1960-01-01'"), "19600101");
  EXPECT_EQ(IdOf(ByDay(), "DATE '2160-01-01'"), "__UNPARTITIONED__");
}

TEST(PartitioningTest, NumberGoesToTheStartOfItsRange) {
  EXPECT_EQ(IdOf(ByTens(), "19"), "10");
  EXPECT_EQ(IdOf(ByTens(), "100"), "__UNPARTITIONED__");
  EXPECT_EQ(IdOf(ByTens(), "-1"), "__UNPARTITIONED__");
  EXPECT_EQ(IdOf(ByTens(), "NULL::BIGINT"), "__NULL__");
}

TEST(PartitioningTest, IdMustFitTheGranularity) {
  EXPECT_TRUE(CheckPartitionId(ByDay(), "20240229", "t"));
  EXPECT_FALSE(CheckPartitionId(ByDay(), "20230229", "t"));
  EXPECT_FALSE(CheckPartitionId(ByDay(), "202401", "t"));
  EXPECT_TRUE(CheckPartitionId(ByTens(), "90", "t"));
  EXPECT_FALSE(CheckPartitionId(ByTens(), "95", "t"));
  EXPECT_FALSE(CheckPartitionId({}, "20240101", "t"));
}

TEST(PartitioningTest, ColumnMustBeOfATypeThatCanBePartitionedSo) {
  const auto columns = ParseSchema(Json::parse(
      R"({"fields": [{"name": "d", "type": "DATE"}, {"name": "s", "type": "STRING"}]})"));
  ASSERT_TRUE(columns);
  const auto parse = [&](const char* text) {
    return ParsePartitioning(Json::parse(text), *columns);
  };
  EXPECT_TRUE(parse(R"({"timePartitioning": {"type": "DAY", "field": "d"}})"));
  EXPECT_FALSE(parse(R"({"timePartitioning": {"type": "HOUR", "field": "d"}})"));
  EXPECT_FALSE(parse(R"({"timePartitioning": {"type": "DAY", "field": "s"}})"));
  EXPECT_FALSE(parse(R"({"timePartitioning": {"type": "WEEK", "field": "d"}})"));
}

}  // namespace
}  // namespace salvor::testing::bigquery
