#include "model/partition.h"

#include <gtest/gtest.h>

#include <compare>
#include <nlohmann/json.hpp>

#include "model/canonical_key.h"

namespace salvor::model {
namespace {

TEST(FormatKey, WhatCouldBeTakenForSomethingElseStandsInQuotes) {
  const std::vector<PartitionColumn> text{{"t", ColumnType::kString}};
  EXPECT_EQ(FormatKey(text, {{std::nullopt}}), "NULL");
  EXPECT_EQ(FormatKey(text, {{"NULL"}}), "'NULL'");
  EXPECT_EQ(FormatKey(text, {{""}}), "''");
  EXPECT_EQ(FormatKey(text, {{" "}}), "' '");
  EXPECT_EQ(FormatKey(text, {{"DE "}}), "'DE '");
  EXPECT_EQ(FormatKey(text, {{"'"}}), "'''");
  EXPECT_EQ(FormatKey(text, {{"New York"}}), "New York");
}

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

TEST(CompareValues, OrdersYearsBySizeAndFractionsAfterTheirSecond) {
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kDate, "9999-12-31", "+12024-01-02")));
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kDate, "-0044-03-15", "0001-01-01")));
  EXPECT_TRUE(std::is_lt(
      CompareValues(ColumnType::kTimestamp, "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.5Z")));
  EXPECT_TRUE(std::is_lt(CompareValues(ColumnType::kDate, "+12024-01-02", "soon")));
}

TEST(CanonicalValue, EqualNumbersAreEqualText) {
  for (const char* text : {"1.1", "01.10", "+1.100", "110E-2", "0.11e1"})
    EXPECT_EQ(*CanonicalValue(ColumnType::kDecimal, text), "1.1") << text;
  for (const char* text : {"0", "-0.00", "0E-7", "-0E5"})
    EXPECT_EQ(*CanonicalValue(ColumnType::kDecimal, text), "0") << text;
  EXPECT_EQ(*CanonicalValue(ColumnType::kDecimal, "-1.1E-6"), "-0.0000011");
  EXPECT_EQ(*CanonicalValue(ColumnType::kDecimal, "1E2"), "100");
  for (const char* text : {"1", "1.0", "+1", "01", "1e0", "10E-1"})
    EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, text), "1.0") << text;
  for (const char* text : {"-0", "0", "0.0", "1e-400", "-1e-99999999999999999999"})
    EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, text), "0.0") << text;
  for (const char* text : {"inf", "Infinity", "+INF", "1e400", "1e99999999999999999999"})
    EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, text), "Infinity") << text;
  EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, "-nan"), "NaN");
  EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, "10000000000"), "1.0E10");
  EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, "-12345.678"), "-12345.678");
  EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, "0.0001"), "1.0E-4");
  EXPECT_EQ(*CanonicalValue(ColumnType::kFloat, "9999999"), "9999999.0");
}

TEST(CanonicalValue, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", ".", "-", "1_0", "1,0", "1e", "e5", "1.0d", " 1", "0x1p0"}) {
    EXPECT_FALSE(CanonicalValue(ColumnType::kFloat, text)) << text;
    EXPECT_FALSE(CanonicalValue(ColumnType::kDecimal, text)) << text;
    EXPECT_FALSE(CanonicalValue(ColumnType::kInteger, text)) << text;
  }
  EXPECT_FALSE(CanonicalValue(ColumnType::kDecimal, "1E10000000"));
}

TEST(CanonicalValue, YearsAreNotLimitedToFourDigits) {
  EXPECT_EQ(*CanonicalValue(ColumnType::kDate, "+12024-02-29"), "+12024-02-29");
  EXPECT_EQ(*CanonicalValue(ColumnType::kDate, "+2024-02-29"), "2024-02-29");
  EXPECT_EQ(*CanonicalValue(ColumnType::kDate, "-0044-03-15"), "-0044-03-15");
  EXPECT_FALSE(CanonicalValue(ColumnType::kDate, "+12023-02-29"));
  EXPECT_EQ(*CanonicalValue(ColumnType::kTimestamp, "+12024-01-01T00:30:00+01:00"),
            "+12023-12-31T23:30:00Z");
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

TEST(Key, WhatIsNotOfItsTypeStaysAsItIsSpelled) {
  const std::vector<PartitionColumn> columns{{"a", ColumnType::kDate}, {"b", ColumnType::kFloat}};
  const PartitionKey key{{"20240102", "1"}};
  EXPECT_EQ(CanonicalKey(columns, key), (PartitionKey{{"20240102", "1.0"}}));
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
