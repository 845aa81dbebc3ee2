#include "bigquery/sql/partition_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "bigquery/rest/partition_id.h"
#include "bigquery/sql/projection.h"
#include "bigquery/sql/quoting.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

constexpr int64_t kHoursInDay = 24;
constexpr int64_t kMonthsInYear = 12;
constexpr int64_t kLastYear = 9999;
constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();

std::optional<int64_t> Digits(std::string_view text, size_t begin, size_t count) {
  int64_t value = 0;
  for (size_t i = begin; i < begin + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

size_t IdLength(PartitionKind kind) {
  switch (kind) {
    case PartitionKind::kHour:
      return 10;
    case PartitionKind::kDay:
      return 8;
    case PartitionKind::kMonth:
      return 6;
    default:
      return 4;
  }
}

tl::unexpected<Error> NoSuchPartition(std::string_view id) {
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' is not the id of one of this table's partitions", id));
}

// Of an id yyyy[mm[dd[hh]]], whose length was checked.
Result<int64_t> TimeUnit(PartitionKind kind, std::string_view id) {
  const auto year = Digits(id, 0, 4);
  const auto month = id.size() >= 6 ? Digits(id, 4, 2) : std::optional<int64_t>(1);
  const auto day = id.size() >= 8 ? Digits(id, 6, 2) : std::optional<int64_t>(1);
  const auto hour = id.size() >= 10 ? Digits(id, 8, 2) : std::optional<int64_t>(0);
  if (!year || !month || !day || !hour || *year < 1 || *hour >= kHoursInDay) {
    return NoSuchPartition(id);
  }
  auto days = ParseDay(fmt::format("{:04}-{:02}-{:02}", *year, *month, *day));
  if (!days) return NoSuchPartition(id);
  if (kind == PartitionKind::kYear) return *year;
  if (kind == PartitionKind::kMonth) return *year * kMonthsInYear + *month - 1;
  if (kind == PartitionKind::kDay) return *days;
  return *days * kHoursInDay + *hour;
}

int64_t FloorDivide(int64_t value, int64_t by) {
  return value / by - static_cast<int64_t>(value % by < 0);
}

const char* TimeFormat(PartitionKind kind) {
  switch (kind) {
    case PartitionKind::kHour:
      return "'%E4Y%m%d%H'";
    case PartitionKind::kDay:
      return "'%E4Y%m%d'";
    case PartitionKind::kMonth:
      return "'%E4Y%m'";
    default:
      return "'%E4Y'";
  }
}

bool Has(const std::vector<std::string>& ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Result<PartitionFilter> PartitionFilter::Make(const Partitioning& partitioning,
                                              const std::vector<Field>& fields) {
  if (!partitioning.IsPartitioned()) return PartitionFilter(partitioning, "", "");
  if (partitioning.ByIngestionTime()) {
    return PartitionFilter(partitioning, "t._PARTITIONTIME", "TIMESTAMP");
  }
  const Field* field = FindField(fields, partitioning.field);
  if (field == nullptr) {
    return Fail(Code::kCorrupt, fmt::format("the table is partitioned by {}, which is no column",
                                            partitioning.field));
  }
  std::string type = GoogleSqlType(*field);
  const bool range = partitioning.kind == PartitionKind::kRange;
  const bool fits = range ? type == "INT64" && partitioning.range_interval > 0
                          : type == "TIMESTAMP" || type == "DATETIME" ||
                                (type == "DATE" && partitioning.kind != PartitionKind::kHour);
  if (!fits) {
    return Fail(Code::kUnsupported,
                fmt::format("salvor does not know partitions of this kind by the {} column {}",
                            type, field->name));
  }
  return PartitionFilter(partitioning, "t." + QuoteName(field->name), std::move(type));
}

Result<PartitionFilter> PartitionFilter::MakeWhole(const Partitioning& partitioning,
                                                   const std::vector<Field>& fields) {
  SALVOR_TRY(PartitionFilter filter, Make(partitioning, fields));
  filter.whole_ = true;
  return filter;
}

Result<int64_t> PartitionFilter::UnitOf(std::string_view id) const {
  if (partitioning_.kind != PartitionKind::kRange) {
    if (id.size() != IdLength(partitioning_.kind)) return NoSuchPartition(id);
    return TimeUnit(partitioning_.kind, id);
  }
  int64_t start = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), start);
  if (error != std::errc() || end != id.data() + id.size() || start < partitioning_.range_start ||
      start >= partitioning_.range_end) {
    return NoSuchPartition(id);
  }
  // Unsigned, because the two ends of a range may be further apart than INT64 reaches.
  const uint64_t offset =
      static_cast<uint64_t>(start) - static_cast<uint64_t>(partitioning_.range_start);
  const auto interval = static_cast<uint64_t>(partitioning_.range_interval);
  if (offset % interval != 0) return NoSuchPartition(id);
  return static_cast<int64_t>(offset / interval);
}

// False where the partition is the last that the column's type or the range has.
bool PartitionFilter::HasEnd(int64_t unit) const {
  switch (partitioning_.kind) {
    case PartitionKind::kYear:
      return unit < kLastYear;
    case PartitionKind::kMonth:
      return unit < kLastYear * kMonthsInYear + kMonthsInYear - 1;
    case PartitionKind::kRange: {
      const uint64_t left = static_cast<uint64_t>(partitioning_.range_end) -
                            static_cast<uint64_t>(partitioning_.range_start);
      return (static_cast<uint64_t>(unit) + 1) <
             (left - 1) / static_cast<uint64_t>(partitioning_.range_interval) + 1;
    }
    default: {
      const int64_t day =
          partitioning_.kind == PartitionKind::kHour ? FloorDivide(unit, kHoursInDay) : unit;
      const int64_t hour =
          partitioning_.kind == PartitionKind::kHour ? unit - day * kHoursInDay : kHoursInDay - 1;
      return hour < kHoursInDay - 1 || FormatDay(day) != "9999-12-31";
    }
  }
}

// The first value of a unit, as a literal.
std::string PartitionFilter::Bound(int64_t unit) const {
  std::string day;
  int64_t hour = 0;
  switch (partitioning_.kind) {
    case PartitionKind::kRange:
      return fmt::format(
          "{}", static_cast<int64_t>(static_cast<uint64_t>(partitioning_.range_start) +
                                     static_cast<uint64_t>(unit) *
                                         static_cast<uint64_t>(partitioning_.range_interval)));
    case PartitionKind::kYear:
      day = fmt::format("{:04}-01-01", unit);
      break;
    case PartitionKind::kMonth:
      day = fmt::format("{:04}-{:02}-01", unit / kMonthsInYear, unit % kMonthsInYear + 1);
      break;
    case PartitionKind::kHour:
      day = FormatDay(FloorDivide(unit, kHoursInDay));
      hour = unit - FloorDivide(unit, kHoursInDay) * kHoursInDay;
      break;
    default:
      day = FormatDay(unit);
  }
  if (type_ == "DATE") return fmt::format("DATE '{}'", day);
  return fmt::format("{} '{} {:02}:00:00{}'", type_, day, hour, type_ == "TIMESTAMP" ? "+00" : "");
}

std::string PartitionFilter::Between(int64_t first, int64_t last) const {
  const bool days = type_ == "DATE" && partitioning_.kind == PartitionKind::kDay;
  if (days && first == last) return fmt::format("{} = {}", column_, Bound(first));
  std::string text = fmt::format("({} >= {}", column_, Bound(first));
  if (HasEnd(last)) {
    text += fmt::format(" AND {} < {}", column_, Bound(last + 1));
  } else if (partitioning_.kind == PartitionKind::kRange) {
    text += fmt::format(" AND {} < {}", column_, partitioning_.range_end);
  }
  return text + ")";
}

std::string PartitionFilter::Outside() const {
  if (partitioning_.kind == PartitionKind::kRange) {
    return fmt::format("({0} < {1} OR {0} >= {2})", column_, partitioning_.range_start,
                       partitioning_.range_end);
  }
  return fmt::format("({0} < {1} OR {0} >= {2})", column_, Day("1960-01-01"), Day("2160-01-01"));
}

std::string PartitionFilter::Day(const char* day) const {
  if (type_ == "DATE") return fmt::format("DATE '{}'", day);
  return fmt::format("{} '{} 00:00:00{}'", type_, day, type_ == "TIMESTAMP" ? "+00" : "");
}

std::string PartitionFilter::EveryRow() const {
  if (!partitioning_.IsPartitioned()) return "TRUE";
  if (partitioning_.kind == PartitionKind::kRange) {
    return fmt::format("({0} < {1} OR {0} >= {1} OR {0} IS NULL)", column_,
                       partitioning_.range_start);
  }
  return fmt::format("({0} >= {1} OR {0} IS NULL)", column_, Day("0001-01-01"));
}

Result<std::string> PartitionFilter::Where(const std::vector<std::string>& ids) const {
  if (ids.empty()) return Fail(Code::kInvalidArgument, "no partition was named");
  if (!partitioning_.IsPartitioned()) {
    if (ids.size() == 1 && ids.front().empty()) return std::string("TRUE");
    return NoSuchPartition(ids.front());
  }
  if (whole_) {
    if (ids.size() == 1 && ids.front().empty()) return EveryRow();
    return NoSuchPartition(ids.front());
  }
  std::vector<int64_t> units;
  std::string text;
  const auto add = [&text](const std::string& condition) {
    text += (text.empty() ? "" : " OR ") + condition;
  };
  for (const std::string& id : ids) {
    if (id == kNullId || id == model::kUnpartitioned) continue;
    SALVOR_TRY(int64_t unit, UnitOf(id));
    units.push_back(unit);
  }
  std::sort(units.begin(), units.end());
  for (size_t begin = 0; begin < units.size();) {
    size_t end = begin + 1;
    while (end < units.size() && units[end] <= units[end - 1] + 1) ++end;
    add(Between(units[begin], units[end - 1]));
    begin = end;
  }
  const bool by_time_of_arrival = partitioning_.ByIngestionTime();
  if ((Has(ids, model::kUnpartitioned) || Has(ids, kNullId)) && by_time_of_arrival) {
    return Fail(Code::kUnsupported,
                "rows without a time of ingestion are in the streaming buffer and cannot be named");
  }
  if (Has(ids, model::kUnpartitioned)) add(Outside());
  if (Has(ids, kNullId)) add(column_ + " IS NULL");
  return "(" + text + ")";
}

std::string PartitionFilter::IdExpression(const std::vector<std::string>& ids) const {
  if (!partitioning_.IsPartitioned() || whole_) return "''";
  std::string expression;
  if (partitioning_.kind == PartitionKind::kRange) {
    // A range wider than INT64 reaches is reckoned in NUMERIC.
    const bool wide = partitioning_.range_start < 0 &&
                      partitioning_.range_end > kLargest + partitioning_.range_start;
    const std::string value = wide ? fmt::format("CAST({} AS NUMERIC)", column_) : column_;
    std::string offset = fmt::format("MOD({} - ({}), {})", value, partitioning_.range_start,
                                     partitioning_.range_interval);
    if (wide) offset = fmt::format("CAST({} AS INT64)", offset);
    expression = fmt::format("CAST({} - {} AS STRING)", column_, offset);
  } else {
    expression = fmt::format("FORMAT_{}({}, {}{})", type_, TimeFormat(partitioning_.kind), column_,
                             type_ == "TIMESTAMP" ? ", 'UTC'" : "");
  }
  std::string special;
  if (Has(ids, kNullId)) {
    special += fmt::format(" WHEN {} IS NULL THEN {}", column_, QuoteText(kNullId));
  }
  if (Has(ids, model::kUnpartitioned)) {
    special += fmt::format(" WHEN {} THEN {}", Outside(), QuoteText(model::kUnpartitioned));
  }
  return special.empty() ? expression : fmt::format("CASE{} ELSE {} END", special, expression);
}

std::string PartitionFilter::IdOfEveryRow() const {
  if (!partitioning_.ByIngestionTime()) {
    return IdExpression({std::string(kNullId), std::string(model::kUnpartitioned)});
  }
  return fmt::format("CASE WHEN {} IS NULL THEN {} ELSE {} END", column_,
                     QuoteText(model::kUnpartitioned), IdExpression({}));
}

Result<std::string> PartitionFilter::StartLiteral(const std::string& id) const {
  if (id == kNullId || id == model::kUnpartitioned || !partitioning_.IsPartitioned()) {
    return NoSuchPartition(id);
  }
  SALVOR_TRY(int64_t unit, UnitOf(id));
  return Bound(unit);
}

}  // namespace salvor::bigquery
