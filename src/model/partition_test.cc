#include "model/partition.h"

#include <gtest/gtest.h>

#include <compare>
#include <nlohmann/json.hpp>

namespace salvor::model {
namespace {

TEST(CompareValues, OrdersByTypeAndPutsNullFirst) {
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kInteger, "9", "10")));
  EXPECT_TRUE(std::is_gt(CompareValues(ColumnType::kString, "9", "10")));
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kInteger, "-10", "-9")));
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kDecimal, "-1.5", "1.25")));
  EXPECT_TRUE(std::is_lt(
      CompareValues(ColumnType::kDecimal, "99999999999999999999.1", "99999999999999999999.12")));
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kDate, std::nullopt, "0001-01-01")));
  EXPECT_TRUE(std::is_eq(CompareValues(ColumnType::kDate, std::nullopt, std::nullopt)));
}

TEST(CompareValues, EqualNumbersSpelledApartAreStillTwoValues) {
  EXPECT_TRUE(std::is_neq(CompareValues(ColumnType::kDecimal, "1.0", "1.00")));
}

TEST(CanonicalValue, TakesOneSpellingOfEachValue) {
  EXPECT_EQ(*CanonicalValue(ColumnType::kInteger, "007"), "7");
  EXPECT_EQ(*CanonicalValue(ColumnType::kTimestamp, "2024-01-02 03:04:05.120000"),
            "2024-01-02T03:04:05.12Z");
  EXPECT_EQ(*CanonicalValue(ColumnType::kTimestampNtz, "2024-01-02T03:04:05"),
            "2024-01-02T03:04:05");
  EXPECT_FALSE(CanonicalValue(ColumnType::kDate, "2024-1-2"));
  EXPECT_FALSE(CanonicalValue(ColumnType::kDate, "2024-02-30"));
  EXPECT_FALSE(CanonicalValue(ColumnType::kInteger, "1e3"));
  EXPECT_FALSE(CanonicalValue(ColumnType::kTimestampNtz, "2024-01-02T03:04:05Z"));
}

TEST(Key, JsonKeepsNullApartFromEmptyText) {
  const std::vector<PartitionColumn> columns{{"a", ColumnType::kString},
                                             {"b", ColumnType::kString}};
  const PartitionKey key{{std::nullopt, ""}};
  auto back = KeyFromJson(columns, KeyToJson(columns, key));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, key);
}

TEST(Key, JsonMustNameExactlyTheColumns) {
  const std::vector<PartitionColumn> columns{{"a", ColumnType::kInteger}};
  EXPECT_TRUE(KeyFromJson(columns, {{"a", 5}}));
  EXPECT_FALSE(KeyFromJson(columns, {{"b", 5}}));
  EXPECT_FALSE(KeyFromJson(columns, {{"a", 5}, {"b", 6}}));
  EXPECT_FALSE(KeyFromJson(columns, {{"a", {1, 2}}}));
  EXPECT_FALSE(KeyFromJson(columns, nlohmann::json::array()));
}

}  // namespace
}  // namespace salvor::model
