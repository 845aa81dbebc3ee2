#include "bigquery/rest/partition_id.h"

#include <gtest/gtest.h>

#include <random>

namespace salvor::bigquery {
namespace {

Table TableWith(PartitionKind kind, const char* type = "DATE") {
  Table table;
  table.name = {"p", "d", "t"};
  table.partitioning.kind = kind;
  table.partitioning.field = "c";
  table.fields = {{"c", type, "NULLABLE"}};
  return table;
}

Table RangeTable(int64_t start, int64_t end, int64_t interval) {
  Table table = TableWith(PartitionKind::kRange, "INTEGER");
  table.partitioning.range_start = start;
  table.partitioning.range_end = end;
  table.partitioning.range_interval = interval;
  return table;
}

struct Example {
  const char* what;
  Table table;
  const char* id;
  const char* value;
};

TEST(PartitionId, EveryTypeHasOneKeyForOneId) {
  Table ingested = TableWith(PartitionKind::kDay);
  ingested.partitioning.field = "";
  for (const Example& example : {
           Example{"day", TableWith(PartitionKind::kDay), "20260115", "2026-01-15"},
           Example{"hour", TableWith(PartitionKind::kHour, "TIMESTAMP"), "2026011503",
                   "2026-01-15T03:00:00Z"},
           Example{"hour of a wall clock", TableWith(PartitionKind::kHour, "DATETIME"),
                   "2026011523", "2026-01-15T23:00:00"},
           Example{"month", TableWith(PartitionKind::kMonth), "202602", "2026-02-01"},
           Example{"year", TableWith(PartitionKind::kYear), "1969", "1969-01-01"},
           Example{"range", RangeTable(-1000, 1000, 500), "-500", "-500"},
           Example{"ingestion time", ingested, "20260115", "2026-01-15"},
           Example{"outside", TableWith(PartitionKind::kDay), "__UNPARTITIONED__",
                   "__UNPARTITIONED__"},
       }) {
    auto key = KeyOfPartition(example.table, example.id);
    ASSERT_TRUE(key) << example.what << key.error().Message();
    EXPECT_EQ(key->values.front(), example.value) << example.what;
    EXPECT_EQ(*PartitionIdOf(example.table, *key), example.id) << example.what;
    const auto columns = PartitionColumnsOf(example.table);
    // A key goes through the plan's JSON unchanged.
    EXPECT_EQ(*model::KeyFromJson(columns, model::KeyToJson(columns, *key)), *key) << example.what;
  }
}

TEST(PartitionId, NullIsAPartitionOfItsOwn) {
  const Table table = TableWith(PartitionKind::kDay);
  auto key = KeyOfPartition(table, "__NULL__");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->values.front(), std::nullopt);
  EXPECT_EQ(*PartitionIdOf(table, *key), "__NULL__");
}

TEST(PartitionId, TheWholeTableHasNoId) {
  const Table table = TableWith(PartitionKind::kNone);
  EXPECT_EQ(*PartitionIdOf(table, {}), "");
  EXPECT_TRUE(KeyOfPartition(table, "")->values.empty());
  EXPECT_FALSE(KeyOfPartition(table, "20260101"));
}

TEST(PartitionId, WhatSuchATableCannotHaveIsRefused) {
  for (const char* id : {"", "2026011", "20260230", "2026-1-1", "20260101 ", "x", "__null__"}) {
    EXPECT_FALSE(KeyOfPartition(TableWith(PartitionKind::kDay), id)) << id;
  }
  EXPECT_FALSE(KeyOfPartition(TableWith(PartitionKind::kHour), "2026010124"));
  EXPECT_FALSE(KeyOfPartition(TableWith(PartitionKind::kMonth), "202613"));
  for (const char* id : {"1", "1000", "-1500", "0500", "+500"}) {
    EXPECT_FALSE(KeyOfPartition(RangeTable(-1000, 1000, 500), id)) << id;
  }
}

TEST(PartitionId, AKeyInsideAPartitionNamesNone) {
  EXPECT_FALSE(PartitionIdOf(TableWith(PartitionKind::kMonth), {{"2026-02-02"}}));
  EXPECT_FALSE(PartitionIdOf(TableWith(PartitionKind::kHour), {{"2026-02-02T00:30:00Z"}}));
  EXPECT_FALSE(PartitionIdOf(RangeTable(0, 100, 10), {{"15"}}));
  EXPECT_FALSE(PartitionIdOf(TableWith(PartitionKind::kDay), {}));
}

TEST(PartitionId, NeighboursAreOnePlaceApartInEveryType) {
  std::mt19937 dice(7);
  for (const Table& table : {TableWith(PartitionKind::kHour), TableWith(PartitionKind::kDay),
                             TableWith(PartitionKind::kMonth), TableWith(PartitionKind::kYear),
                             RangeTable(-(int64_t{1} << 62), int64_t{1} << 62, int64_t{1} << 53)}) {
    const bool range = table.partitioning.kind == PartitionKind::kRange;
    std::uniform_int_distribution<int64_t> places(range ? 0 : -10, 300);
    for (int i = 0; i < 200; ++i) {
      const int64_t place = places(dice);
      const std::string id = IdAt(table.partitioning, place);
      ASSERT_EQ(PlaceOf(table.partitioning, id), place) << id;
      auto key = KeyOfPartition(table, id);
      ASSERT_TRUE(key) << id;
      EXPECT_EQ(*PartitionIdOf(table, *key), id);
    }
  }
}

TEST(PartitionId, AgeCountsFromTheStartOfAPartition) {
  Table table = TableWith(PartitionKind::kDay);
  EXPECT_EQ(FormatInstant(*StartOf(table.partitioning, "20260115")), "2026-01-15T00:00:00Z");
  EXPECT_FALSE(ExpiryOf(table.partitioning, "20260115"));
  table.partitioning.expiration = Millis(86'400'000LL * 90);
  EXPECT_EQ(FormatInstant(*ExpiryOf(table.partitioning, "20260115")), "2026-04-15T00:00:00Z");
  EXPECT_FALSE(ExpiryOf(table.partitioning, "__NULL__"));
}

}  // namespace
}  // namespace salvor::bigquery
