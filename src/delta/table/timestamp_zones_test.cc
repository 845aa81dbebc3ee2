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

TEST(TimestampZonesTest, MixOfZonedAndZoneLessIsRefused) {
  const TableHead head = HeadWith(model::ColumnType::kTimestamp);
  const TimestampZones live = ZonesOf(head, {FileAt("2024-01-01T00:00:00.000000Z")});
  EXPECT_FALSE(ZoneRefusal(head, {FileAt("2024-01-02 00:00:00")}, live).empty());
  EXPECT_FALSE(ZoneRefusal(head, {FileAt("2024-01-02T00:00:00+02:00")},
                           ZonesOf(head, {FileAt("2024-01-01 00:00:00")}))
                   .empty());
}

TEST(TimestampZonesTest, OneSpellingIsFine) {
  const TableHead head = HeadWith(model::ColumnType::kTimestamp);
  const TimestampZones zoned = ZonesOf(head, {FileAt("2024-01-01T00:00:00Z")});
  EXPECT_TRUE(ZoneRefusal(head, {FileAt("2024-01-02T00:00:00Z")}, zoned).empty());
  const TimestampZones bare = ZonesOf(head, {FileAt("2024-01-01 00:00:00")});
  EXPECT_TRUE(ZoneRefusal(head, {FileAt("2024-01-02 00:00:00")}, bare).empty());
}

TEST(TimestampZonesTest, WallClockColumnsHaveNoZoneToMix) {
  const TableHead head = HeadWith(model::ColumnType::kTimestampNtz);
  const TimestampZones live = ZonesOf(head, {FileAt("2024-01-01T00:00:00Z")});
  EXPECT_TRUE(ZoneRefusal(head, {FileAt("2024-01-02 00:00:00")}, live).empty());
}

}  // namespace
}  // namespace salvor::delta
