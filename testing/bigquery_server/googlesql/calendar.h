// Dates, times and zones as GoogleSQL reads and writes them. Dates are days from 1970-01-01, all
// else microseconds; years 1 to 9999. nullopt is a text or a value that has no such meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace salvor::testing::bigquery::googlesql {

constexpr int64_t kMicrosOfDay = 86'400'000'000;
constexpr int64_t kFirstDay = -719'162;  // 0001-01-01
constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31
bool IsDay(int64_t day);
bool IsMicros(int64_t micros);

struct Civil {
  int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  int64_t micros = 0;  // of the day
};
Civil CivilOf(int64_t micros);
std::optional<int64_t> DayOf(int64_t year, unsigned month, unsigned day);

// "UTC", "America/Los_Angeles", "+05:30", "UTC-8": the wall clock's microseconds at an instant, and
// back.
std::optional<int64_t> WallOf(int64_t instant, std::string_view zone);
std::optional<int64_t> InstantOfWall(int64_t wall, std::string_view zone);

std::optional<int64_t> ReadDate(std::string_view text);
std::optional<int64_t> ReadDatetime(std::string_view text);
std::optional<int64_t> ReadTime(std::string_view text);
// `zone` is where a text without one was written.
std::optional<int64_t> ReadTimestamp(std::string_view text, std::string_view zone);

std::string WriteDate(int64_t day);
std::string WriteTime(int64_t micros);
std::string WriteDatetime(int64_t micros, char separator);
std::string WriteTimestamp(int64_t micros);  // "2026-11-22 00:00:00.123+00"
// ":08.123456": no fraction, three digits or six.
std::string WriteFraction(int64_t micros);

enum class Part {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kDayOfWeek,
  kDayOfYear,
  kWeek,  // and the day that it begins with
  kIsoWeek,
  kMonth,
  kQuarter,
  kYear,
  kIsoYear,
  kDate,
  kTime,
};
struct DatePart {
  Part part = Part::kDay;
  unsigned first_day = 0;  // of kWeek, 0 is Sunday
};
// "DAY", "WEEK(MONDAY)", "ISOWEEK"
std::optional<DatePart> PartOfName(std::string_view name);

// All over wall clock microseconds.
std::optional<int64_t> AddParts(int64_t wall, int64_t count, DatePart part);
std::optional<int64_t> TruncateTo(int64_t wall, DatePart part);
std::optional<int64_t> Extract(int64_t wall, DatePart part);
std::optional<int64_t> MicrosOfPart(Part part);  // of MICROSECOND to DAY

}  // namespace salvor::testing::bigquery::googlesql
