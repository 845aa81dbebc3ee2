#include "delta/zone_spelling.h"

#include <algorithm>
#include <string_view>

namespace salvor::delta {
namespace {

// "…Z", "…+02:00", "…-0500": anything behind the time of day that says where it is.
bool SaysZone(std::string_view value) {
  constexpr size_t kDate = 10;  // "2024-01-02"
  return value.ends_with('Z') || value.find_first_of("+-", kDate) != std::string_view::npos;
}

std::vector<std::string> TimestampColumns(const Head& head) {
  std::vector<std::string> names;
  for (size_t i = 0; i < head.columns.size(); ++i) {
    if (head.columns[i].type != model::ColumnType::kTimestamp) continue;
    names.push_back(head.physical_partition_columns[i]);
  }
  return names;
}

}  // namespace

ZoneSpellings SpellingsOf(const Head& head, const std::vector<AddFile>& files) {
  ZoneSpellings spellings;
  const std::vector<std::string> columns = TimestampColumns(head);
  if (columns.empty()) return spellings;
  for (const AddFile& file : files) {
    for (const auto& [name, value] : file.partition_values) {
      if (!value || value->empty()) continue;
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) continue;
      (SaysZone(*value) ? spellings.with_zone : spellings.without_zone) = true;
    }
  }
  return spellings;
}

Result<ZoneSpellings> LiveSpellings(Log& log, const Head& today) {
  if (TimestampColumns(today).empty()) return ZoneSpellings{};
  SALVOR_TRY(const std::vector<SnapshotFiles> snapshots,
             log.FilesAt({{.version = today.version, .only = std::nullopt}}));
  return SpellingsOf(today, snapshots.front().files);
}

std::string SpellingRefusal(const Head& then, const std::vector<AddFile>& adds,
                            const ZoneSpellings& live) {
  ZoneSpellings all = SpellingsOf(then, adds);
  all.with_zone = all.with_zone || live.with_zone;
  all.without_zone = all.without_zone || live.without_zone;
  if (!all.Mixed()) return {};
  return "some of the table's timestamp partition values name their time zone and some do not, so "
         "its "
         "rows may live on in a partition that is spelled in another zone";
}

}  // namespace salvor::delta
