#include "delta/table/timestamp_zones.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

TableHead HeadWith(model::ColumnType type) {
  TableHead head;
  head.columns = {{"at", type}};
  head.physical_partition_columns = {"col-1"};
  head.partition_types = {{.type = type}};
  return head;
}

AddFile FileAt(const std::string& value) {
  AddFile file;
  file.partition_values = {{"col-1", value}};
  return file;
}

TEST(ZoneSpelling, MixOfZonedAndZoneLessIsRefused) {
  const TableHead head = HeadWith(model::ColumnType::kTimestamp);
  const ZoneSpellings live = SpellingsOf(head, {FileAt("2024-01-01T00:00:00.000000Z")});
  EXPECT_FALSE(SpellingRefusal(head, {FileAt("2024-01-02 00:00:00")}, live).empty());
  EXPECT_FALSE(SpellingRefusal(head, {FileAt("2024-01-02T00:00:00+02:00")},
                               SpellingsOf(head, {FileAt("2024-01-01 00:00:00")}))
                   .empty());
}

TEST(ZoneSpelling, OneSpellingIsFine) {
  const TableHead head = HeadWith(model::ColumnType::kTimestamp);
  const ZoneSpellings zoned = SpellingsOf(head, {FileAt("2024-01-01T00:00:00Z")});
  EXPECT_TRUE(SpellingRefusal(head, {FileAt("2024-01-02T00:00:00Z")}, zoned).empty());
  const ZoneSpellings bare = SpellingsOf(head, {FileAt("2024-01-01 00:00:00")});
  EXPECT_TRUE(SpellingRefusal(head, {FileAt("2024-01-02 00:00:00")}, bare).empty());
}

TEST(ZoneSpelling, WallClockColumnsHaveNoZoneToMix) {
  const TableHead head = HeadWith(model::ColumnType::kTimestampNtz);
  const ZoneSpellings live = SpellingsOf(head, {FileAt("2024-01-01T00:00:00Z")});
  EXPECT_TRUE(SpellingRefusal(head, {FileAt("2024-01-02 00:00:00")}, live).empty());
}

}  // namespace
}  // namespace salvor::delta
