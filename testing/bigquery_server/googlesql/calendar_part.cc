#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/calendar.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

int64_t FloorDivide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

int64_t DayNumber(int64_t wall) { return FloorDivide(wall, kMicrosOfDay); }

unsigned WeekdayOf(int64_t day) {  // 0 is Sunday; 1970-01-01 was a Thursday
  return static_cast<unsigned>(((day + 4) % 7 + 7) % 7);
}

int64_t WeekBegin(int64_t day, unsigned first_day) {
  return day - static_cast<int64_t>((WeekdayOf(day) + 7 - first_day) % 7);
}

// The Monday that the ISO year of this day begins with, and that year.
std::pair<int64_t, int64_t> IsoYearOf(int64_t day) {
  const int64_t thursday = WeekBegin(day, 1) + 3;
  const int64_t year = CivilOf(thursday * kMicrosOfDay).year;
  const int64_t fourth = DayOf(year, 1, 4).value_or(kFirstDay);
  return {WeekBegin(fourth, 1), year};
}

std::optional<int64_t> AddMonths(int64_t wall, int64_t months) {
  const Civil civil = CivilOf(wall);
  if (months > 120'000 || months < -120'000) return std::nullopt;
  const int64_t month = civil.year * 12 + static_cast<int64_t>(civil.month) - 1 + months;
  const int64_t year = FloorDivide(month, 12);
  for (unsigned day = civil.day; day > 27; --day) {  // the 31st becomes the month's last
    if (const auto found = DayOf(year, static_cast<unsigned>(month - year * 12 + 1), day)) {
      return *found * kMicrosOfDay + civil.micros;
    }
  }
  const auto found = DayOf(year, static_cast<unsigned>(month - year * 12 + 1), civil.day);
  if (!found) return std::nullopt;
  return *found * kMicrosOfDay + civil.micros;
}

}  // namespace

std::optional<DatePart> PartOfName(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Part>, 16> kNames = {{
      {"MICROSECOND", Part::kMicrosecond},
      {"MILLISECOND", Part::kMillisecond},
      {"SECOND", Part::kSecond},
      {"MINUTE", Part::kMinute},
      {"HOUR", Part::kHour},
      {"DAY", Part::kDay},
      {"DAYOFWEEK", Part::kDayOfWeek},
      {"DAYOFYEAR", Part::kDayOfYear},
      {"WEEK", Part::kWeek},
      {"ISOWEEK", Part::kIsoWeek},
      {"MONTH", Part::kMonth},
      {"QUARTER", Part::kQuarter},
      {"YEAR", Part::kYear},
      {"ISOYEAR", Part::kIsoYear},
      {"DATE", Part::kDate},
      {"TIME", Part::kTime},
  }};
  static constexpr std::array<std::string_view, 7> kDays = {
      "WEEK(SUNDAY)",   "WEEK(MONDAY)", "WEEK(TUESDAY)", "WEEK(WEDNESDAY)",
      "WEEK(THURSDAY)", "WEEK(FRIDAY)", "WEEK(SATURDAY)"};
  for (const auto& [known, part] : kNames) {
    if (known == name) return DatePart{part, 0};
  }
  const auto day = std::find(kDays.begin(), kDays.end(), name);
  if (day == kDays.end()) return std::nullopt;
  return DatePart{Part::kWeek, static_cast<unsigned>(day - kDays.begin())};
}

std::optional<int64_t> MicrosOfPart(Part part) {
  switch (part) {
    case Part::kMicrosecond:
      return 1;
    case Part::kMillisecond:
      return 1'000;
    case Part::kSecond:
      return 1'000'000;
    case Part::kMinute:
      return 60'000'000;
    case Part::kHour:
      return 3'600'000'000;
    case Part::kDay:
      return kMicrosOfDay;
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> AddParts(int64_t wall, int64_t count, DatePart part) {
  std::optional<int64_t> moved;
  int64_t step = 0;
  if (const auto micros = MicrosOfPart(part.part)) {
    step = *micros;
  } else if (part.part == Part::kWeek || part.part == Part::kIsoWeek) {
    step = 7 * kMicrosOfDay;
  }
  if (step != 0) {
    int64_t distance = 0;
    int64_t sum = 0;
    if (__builtin_mul_overflow(count, step, &distance) ||
        __builtin_add_overflow(wall, distance, &sum)) {
      return std::nullopt;
    }
    moved = sum;
  } else {
    const int64_t months = part.part == Part::kMonth     ? 1
                           : part.part == Part::kQuarter ? 3
                           : part.part == Part::kYear    ? 12
                                                         : 0;
    int64_t all = 0;
    if (months == 0 || __builtin_mul_overflow(count, months, &all)) return std::nullopt;
    moved = AddMonths(wall, all);
  }
  return moved && IsMicros(*moved) ? moved : std::nullopt;
}

std::optional<int64_t> TruncateTo(int64_t wall, DatePart part) {
  if (const auto micros = MicrosOfPart(part.part)) return FloorDivide(wall, *micros) * *micros;
  const Civil civil = CivilOf(wall);
  const int64_t day = DayNumber(wall);
  std::optional<int64_t> begin;
  switch (part.part) {
    case Part::kWeek:
      begin = WeekBegin(day, part.first_day);
      break;
    case Part::kIsoWeek:
      begin = WeekBegin(day, 1);
      break;
    case Part::kMonth:
      begin = DayOf(civil.year, civil.month, 1);
      break;
    case Part::kQuarter:
      begin = DayOf(civil.year, (civil.month - 1) / 3 * 3 + 1, 1);
      break;
    case Part::kYear:
      begin = DayOf(civil.year, 1, 1);
      break;
    case Part::kIsoYear:
      begin = IsoYearOf(day).first;
      break;
    default:
      return std::nullopt;
  }
  if (!begin || !IsDay(*begin)) return std::nullopt;
  return *begin * kMicrosOfDay;
}

std::optional<int64_t> Extract(int64_t wall, DatePart part) {
  const Civil civil = CivilOf(wall);
  const int64_t day = DayNumber(wall);
  const int64_t new_year = DayOf(civil.year, 1, 1).value_or(day);
  switch (part.part) {
    case Part::kMicrosecond:
      return civil.micros % 1'000'000;
    case Part::kMillisecond:
      return civil.micros / 1'000 % 1'000;
    case Part::kSecond:
      return civil.micros / 1'000'000 % 60;
    case Part::kMinute:
      return civil.micros / 60'000'000 % 60;
    case Part::kHour:
      return civil.micros / 3'600'000'000;
    case Part::kDay:
      return civil.day;
    case Part::kDayOfWeek:
      return WeekdayOf(day) + 1;
    case Part::kDayOfYear:
      return day - new_year + 1;
    case Part::kWeek: {  // days before the year's first such weekday are in week 0
      const int64_t first = WeekBegin(new_year + 6, part.first_day);
      return day < first ? 0 : (day - first) / 7 + 1;
    }
    case Part::kIsoWeek:
      return (day - IsoYearOf(day).first) / 7 + 1;
    case Part::kMonth:
      return civil.month;
    case Part::kQuarter:
      return (civil.month - 1) / 3 + 1;
    case Part::kYear:
      return civil.year;
    case Part::kIsoYear:
      return IsoYearOf(day).second;
    default:
      return std::nullopt;
  }
}

}  // namespace salvor::testing::bigquery::googlesql
