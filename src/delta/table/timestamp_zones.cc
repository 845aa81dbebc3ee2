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

void ZoneSpellings::Take(const PartitionValue& value) {
  Take(ZoneSpellings{value.with_zone, value.without_zone});
}

void ZoneSpellings::Take(const ZoneSpellings& other) {
  with_zone = with_zone || other.with_zone;
  without_zone = without_zone || other.without_zone;
}

ZoneSpellings SpellingsOf(const TableHead& head, const std::vector<AddFile>& files) {
  ZoneSpellings spellings;
  if (!HasTimestampColumn(head)) return spellings;
  for (const AddFile& file : files) {
    for (size_t i = 0; i < head.columns.size(); ++i) {
      spellings.Take(ValueOf(head, i, file.partition_values));
    }
  }
  return spellings;
}

Result<ZoneSpellings> LiveSpellings(Log& log, const TableHead& today) {
  if (!HasTimestampColumn(today)) return ZoneSpellings{};
  SALVOR_TRY(
      const std::vector<SnapshotFiles> snapshots,
      log.FilesAt({{.version = today.version, .only = {}, .detail = AddDetail::kEssential}}));
  return SpellingsOf(today, snapshots.front().files);
}

std::string SpellingRefusal(const TableHead& then, const std::vector<AddFile>& adds,
                            const ZoneSpellings& live) {
  ZoneSpellings all = SpellingsOf(then, adds);
  all.Take(live);
  if (!all.Mixed()) return {};
  return "some of the table's timestamp partition values name their time zone and some do not, so "
         "its rows may live on in a partition that is spelled in another zone";
}

}  // namespace salvor::delta
