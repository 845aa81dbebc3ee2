#include "bigquery/rest/partition_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace salvor::bigquery {
namespace {

using model::ColumnType;
using model::PartitionKey;

constexpr int64_t kHourMillis = 3'600'000;
constexpr int64_t kHoursInDay = 24;
constexpr int64_t kMonthsInYear = 12;
constexpr int64_t kEpochYear = 1970;

tl::unexpected<Error> NoSuchId(std::string_view id) {
  return Fail(Code::kCorrupt,
              fmt::format("'{}' is not a partition that such a table can have", id));
}

std::optional<int64_t> Digits(std::string_view text, size_t count) {
  const bool digits = text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
                        return c >= '0' && c <= '9';
                      });
  return digits ? ParseInt64(text) : std::nullopt;
}

// "20260115" as days since 1970.
std::optional<int64_t> Day(std::string_view text) {
  if (!Digits(text, 8)) return std::nullopt;
  auto day =
      ParseDay(fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)));
  return day ? std::optional(*day) : std::nullopt;
}

std::optional<int64_t> HourPlace(std::string_view id) {
  if (id.size() != 10) return std::nullopt;
  const auto day = Day(id.substr(0, 8));
  const auto hour = Digits(id.substr(8), 2);
  if (!day || !hour || *hour >= kHoursInDay) return std::nullopt;
  return *day * kHoursInDay + *hour;
}

std::optional<int64_t> MonthPlace(std::string_view id) {
  if (id.size() != 6) return std::nullopt;
  const auto year = Digits(id.substr(0, 4), 4);
  const auto month = Digits(id.substr(4), 2);
  if (!year || !month || *month < 1 || *month > kMonthsInYear) return std::nullopt;
  return (*year - kEpochYear) * kMonthsInYear + *month - 1;
}

std::optional<int64_t> YearPlace(std::string_view id) {
  const auto year = Digits(id, 4);
  return year ? std::optional(*year - kEpochYear) : std::nullopt;
}

std::optional<int64_t> RangePlace(const Partitioning& range, std::string_view id) {
  const auto start = ParseInt64(id);
  if (!start || std::to_string(*start) != id || *start < range.range_start ||
      *start >= range.range_end) {
    return std::nullopt;
  }
  // Unsigned: the distance of two 64-bit numbers may be larger than a signed one can be.
  const uint64_t distance =
      static_cast<uint64_t>(*start) - static_cast<uint64_t>(range.range_start);
  const auto interval = static_cast<uint64_t>(range.range_interval);
  if (distance % interval != 0) return std::nullopt;
  return static_cast<int64_t>(distance / interval);
}

int64_t FloorDivide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// The first day of a place, for partitions of a day or more.
int64_t FirstDay(PartitionKind kind, int64_t place) {
  if (kind == PartitionKind::kDay) return place;
  const int64_t months = kind == PartitionKind::kYear ? place * kMonthsInYear : place;
  const int64_t year = kEpochYear + FloorDivide(months, kMonthsInYear);
  const int64_t month = months - FloorDivide(months, kMonthsInYear) * kMonthsInYear + 1;
  auto day = ParseDay(fmt::format("{:04}-{:02}-01", year, month));
  return day ? *day : 0;
}

bool IsDatetime(const Table& table) {
  return std::any_of(table.fields.begin(), table.fields.end(), [&](const Field& field) {
    return field.name == table.partitioning.field && field.type == "DATETIME";
  });
}

std::string HourText(int64_t place, bool datetime) {
  std::string text = FormatInstant(InstantOfMillis(place * kHourMillis));
  if (datetime) text.pop_back();
  return text;
}

// From canonical text back to a place.
std::optional<int64_t> PlaceOfValue(const Table& table, const std::string& value) {
  const Partitioning& partitioning = table.partitioning;
  switch (partitioning.kind) {
    case PartitionKind::kRange:
      return RangePlace(partitioning, value);
    case PartitionKind::kHour: {
      auto instant = ParseInstant(value);
      if (!instant || MillisOf(*instant) % kHourMillis != 0) return std::nullopt;
      return MillisOf(*instant) / kHourMillis;
    }
    case PartitionKind::kNone:
      return std::nullopt;
    default:
      break;
  }
  auto day = ParseDay(value);
  if (!day) return std::nullopt;
  std::string digits = value;
  std::erase(digits, '-');
  if (partitioning.kind == PartitionKind::kMonth) digits.resize(6);
  if (partitioning.kind == PartitionKind::kYear) digits.resize(4);
  const auto place = PlaceOf(partitioning, digits);
  if (!place || FirstDay(partitioning.kind, *place) != *day) return std::nullopt;
  return place;
}

}  // namespace

std::vector<model::PartitionColumn> PartitionColumnsOf(const Table& table) {
  const Partitioning& partitioning = table.partitioning;
  if (!partitioning.IsPartitioned()) return {};
  ColumnType type = ColumnType::kDate;
  if (partitioning.kind == PartitionKind::kRange) type = ColumnType::kInteger;
  if (partitioning.kind == PartitionKind::kHour) {
    type = IsDatetime(table) ? ColumnType::kTimestampNtz : ColumnType::kTimestamp;
  }
  return {{partitioning.ByIngestionTime() ? "_PARTITIONTIME" : partitioning.field, type}};
}

std::optional<int64_t> PlaceOf(const Partitioning& partitioning, std::string_view id) {
  switch (partitioning.kind) {
    case PartitionKind::kHour:
      return HourPlace(id);
    case PartitionKind::kDay:
      return Day(id);
    case PartitionKind::kMonth:
      return MonthPlace(id);
    case PartitionKind::kYear:
      return YearPlace(id);
    case PartitionKind::kRange:
      return RangePlace(partitioning, id);
    case PartitionKind::kNone:
      break;
  }
  return std::nullopt;
}

std::string IdAt(const Partitioning& partitioning, int64_t place) {
  if (partitioning.kind == PartitionKind::kRange) {
    return std::to_string(partitioning.range_start + place * partitioning.range_interval);
  }
  const bool hours = partitioning.kind == PartitionKind::kHour;
  const int64_t day = hours ? FloorDivide(place, kHoursInDay) : FirstDay(partitioning.kind, place);
  std::string digits = FormatDay(day);
  std::erase(digits, '-');
  if (hours) return digits + fmt::format("{:02}", place - day * kHoursInDay);
  if (partitioning.kind == PartitionKind::kMonth) digits.resize(6);
  if (partitioning.kind == PartitionKind::kYear) digits.resize(4);
  return digits;
}

Result<PartitionKey> KeyOfPartition(const Table& table, std::string_view id) {
  PartitionKey key;
  if (!table.partitioning.IsPartitioned()) {
    if (!id.empty()) return NoSuchId(id);
    return key;
  }
  if (id == kNullId) {
    key.values.emplace_back(std::nullopt);
    return key;
  }
  if (id == model::kUnpartitioned || id == kEarlierTable) {
    key.values.emplace_back(std::string(id));
    return key;
  }
  const auto place = PlaceOf(table.partitioning, id);
  if (!place) return NoSuchId(id);
  switch (table.partitioning.kind) {
    case PartitionKind::kRange:
      key.values.emplace_back(std::string(id));
      break;
    case PartitionKind::kHour:
      key.values.emplace_back(HourText(*place, IsDatetime(table)));
      break;
    default:
      key.values.emplace_back(FormatDay(FirstDay(table.partitioning.kind, *place)));
  }
  return key;
}

Result<std::string> PartitionIdOf(const Table& table, const PartitionKey& key) {
  if (!table.partitioning.IsPartitioned() && key.values.empty()) return std::string();
  if (table.partitioning.IsPartitioned() && key.values.size() == 1) {
    const auto& value = key.values.front();
    if (!value) return std::string(kNullId);
    if (*value == model::kUnpartitioned || *value == kEarlierTable) return *value;
    if (const auto place = PlaceOfValue(table, *value)) return IdAt(table.partitioning, *place);
  }
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' is not a whole partition of the table",
                          model::FormatKey(PartitionColumnsOf(table), key)),
              UriOf(table.name));
}

std::optional<Instant> StartOf(const Partitioning& partitioning, std::string_view id) {
  const auto place = PlaceOf(partitioning, id);
  if (!place || partitioning.kind == PartitionKind::kRange) return std::nullopt;
  if (partitioning.kind == PartitionKind::kHour) return InstantOfMillis(*place * kHourMillis);
  return InstantOfMillis(FirstDay(partitioning.kind, *place) * kHoursInDay * kHourMillis);
}

std::optional<Instant> ExpiryOf(const Partitioning& partitioning, std::string_view id) {
  const auto start = StartOf(partitioning, id);
  if (!start || !partitioning.expiration) return std::nullopt;
  return *start + *partitioning.expiration;
}

}  // namespace salvor::bigquery
