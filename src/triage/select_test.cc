#include "triage/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "triage/days_test.h"

namespace salvor::triage {
namespace {

using model::PartitionRecord;

TEST(Select, RangeTakesBothEndsAndListsAreJoined) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1), Intact("2024-01-02", 1),
                                        Intact("2024-01-03", 1), Intact("2024-01-05", 1)},
                                       {});
  auto keys = SelectPartitions(inventory, {"2024-01-01..2024-01-02,2024-01-05"});
  ASSERT_TRUE(keys) << keys.error().Message();
  EXPECT_EQ(*keys, (std::vector{Day("2024-01-01"), Day("2024-01-02"), Day("2024-01-05")}));
}

TEST(Select, UnknownPartitionAndEmptyRangeAreErrors) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1)}, {});
  EXPECT_FALSE(SelectPartitions(inventory, {"2024-02-01"}));
  EXPECT_FALSE(SelectPartitions(inventory, {"2023-01-01..2023-12-31"}));
  EXPECT_FALSE(SelectPartitions(inventory, {"yesterday"}));
  EXPECT_FALSE(SelectPartitions(inventory, {""}));
}

TEST(Select, OfHoursADayStandsForAllOfItsHours) {
  auto inventory = MakeInventory({}, {});
  inventory.columns = {{"hour", model::ColumnType::kTimestamp}};
  for (const char* hour : {"2024-01-01T23:00:00Z", "2024-01-02T00:00:00Z", "2024-01-02T23:00:00Z",
                           "2024-01-03T00:00:00Z"}) {
    PartitionRecord record;
    record.key.values = {hour};
    inventory.partitions.push_back(record);
  }
  const auto chosen = [&](const char* text) {
    auto keys = SelectPartitions(inventory, {text});
    return keys ? keys->size() : 0;
  };
  EXPECT_EQ(chosen("2024-01-02"), 2U);
  EXPECT_EQ(chosen("2024-01-01..2024-01-02"), 3U);
  EXPECT_EQ(chosen("2024-01-01T23:00..2024-01-02T00:00"), 2U);
  EXPECT_EQ(chosen("2024-01-02T23:00:00Z,2024-01-03"), 2U);
}

TEST(Select, WhatIsNoValueIsRefusedWithHowItIsWritten) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1)}, {});
  const auto keys = SelectPartitions(inventory, {"20240101"});
  ASSERT_FALSE(keys);
  EXPECT_NE(keys.error().next.find("2024-01-31"), std::string::npos);
}

TEST(Select, ObjectNamesAPartitionOfSeveralColumnsWithNull) {
  auto inventory = MakeInventory({}, {});
  inventory.columns.push_back({"country", model::ColumnType::kString});
  PartitionRecord record;
  record.key.values = {"2024-01-01", std::nullopt};
  inventory.partitions.push_back(record);
  auto keys = SelectPartitions(inventory, {R"({"country":null,"day":"2024-01-01"})"});
  ASSERT_TRUE(keys) << keys.error().Message();
  EXPECT_EQ(keys->size(), 1U);
  EXPECT_FALSE(SelectPartitions(inventory, {"2024-01-01"}));
}

}  // namespace
}  // namespace salvor::triage
