#include "delta/table/timestamp_zones.h"

#include <algorithm>

namespace salvor::delta {
namespace {

bool HasTimestampColumn(const TableHead& head) {
  return std::any_of(head.columns.begin(), head.columns.end(), [](const auto& column) {
    return column.type == model::ColumnType::kTimestamp;
  });
}

}  // namespace

void TimestampZones::Take(const PartitionValue& value) {
  Take(TimestampZones{value.with_zone, value.without_zone});
}

void TimestampZones::Take(const TimestampZones& other) {
  with_zone = with_zone || other.with_zone;
  without_zone = without_zone || other.without_zone;
}

TimestampZones ZonesOf(const TableHead& head, const std::vector<AddFile>& files) {
  TimestampZones zones;
  if (!HasTimestampColumn(head)) return zones;
  for (const AddFile& file : files) {
    for (size_t i = 0; i < head.columns.size(); ++i) {
      zones.Take(ValueOf(head, i, file.partition_values));
    }
  }
  return zones;
}

Result<TimestampZones> LiveZones(Log& log, const TableHead& today) {
  if (!HasTimestampColumn(today)) return TimestampZones{};
  SALVOR_TRY(
      const std::vector<SnapshotFiles> snapshots,
      log.FilesAt({{.version = today.version, .only = {}, .detail = AddDetail::kEssential}}));
  return ZonesOf(today, snapshots.front().files);
}

std::string ZoneRefusal(const TableHead& then, const std::vector<AddFile>& adds,
                        const TimestampZones& live) {
  TimestampZones all = ZonesOf(then, adds);
  all.Take(live);
  if (!all.Mixed()) return {};
  return "some of the table's timestamp partition values name their time zone and some do not, so "
         "its rows may live on in a partition that is spelled in another zone";
}

}  // namespace salvor::delta
