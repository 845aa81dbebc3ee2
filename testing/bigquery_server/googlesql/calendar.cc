#include "testing/bigquery_server/googlesql/calendar.h"

#include <date/date.h>
#include <date/tz.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

int64_t FloorDivide(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// Digits of a date or time, read from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  [[nodiscard]] bool Done() const { return at_ == text_.size(); }
  [[nodiscard]] char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }
  bool Take(char c) {
    if (Peek() != c || Done()) return false;
    ++at_;
    return true;
  }
  std::optional<int64_t> Digits(size_t least, size_t most) {
    int64_t value = 0;
    size_t count = 0;
    while (count < most && Peek() >= '0' && Peek() <= '9') {
      value = value * 10 + (text_[at_++] - '0');
      ++count;
    }
    if (count < least) return std::nullopt;
    return value;
  }
  [[nodiscard]] size_t At() const { return at_; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::optional<int64_t> DateFrom(Reader& reader) {
  const auto year = reader.Digits(4, 5);
  if (!year || !reader.Take('-')) return std::nullopt;
  const auto month = reader.Digits(1, 2);
  if (!month || !reader.Take('-')) return std::nullopt;
  const auto day = reader.Digits(1, 2);
  if (!day) return std::nullopt;
  return DayOf(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
}

std::optional<int64_t> TimeFrom(Reader& reader) {
  const auto hour = reader.Digits(1, 2);
  if (!hour || *hour > 23 || !reader.Take(':')) return std::nullopt;
  const auto minute = reader.Digits(1, 2);
  if (!minute || *minute > 59 || !reader.Take(':')) return std::nullopt;
  const auto second = reader.Digits(1, 2);
  if (!second || *second > 59) return std::nullopt;
  int64_t micros = 0;
  if (reader.Take('.')) {
    const size_t before = reader.At();
    const auto fraction = reader.Digits(0, 6);
    micros = *fraction;
    for (size_t i = reader.At() - before; i < 6; ++i) micros *= 10;
  }
  return ((*hour * 60 + *minute) * 60 + *second) * 1'000'000 + micros;
}

// "+5", "-08:30" in seconds.
std::optional<int64_t> OffsetFrom(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.Take('-');
  if (!negative && !reader.Take('+')) return std::nullopt;
  const auto hours = reader.Digits(1, 2);
  std::optional<int64_t> minutes = 0;
  if (hours && reader.Take(':')) minutes = reader.Digits(2, 2);
  if (!hours || !minutes || !reader.Done() || *hours > 14 || *minutes > 59) return std::nullopt;
  const int64_t offset = (*hours * 60 + *minutes) * 60;
  return negative ? -offset : offset;
}

std::optional<int64_t> FixedOffset(std::string_view zone) {
  const std::string upper = Upper(zone);
  if (upper == "UTC" || upper == "Z" || upper == "GMT") return 0;
  if (upper.rfind("UTC", 0) == 0) return OffsetFrom(zone.substr(3));
  return OffsetFrom(zone);
}

const date::time_zone* ZoneNamed(std::string_view name) {
  if (name.empty() || name.size() > 64) return nullptr;
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

bool IsDay(int64_t day) { return day >= kFirstDay && day <= kLastDay; }
bool IsMicros(int64_t micros) { return IsDay(FloorDivide(micros, kMicrosOfDay)); }

Civil CivilOf(int64_t micros) {
  const int64_t day = FloorDivide(micros, kMicrosOfDay);
  const date::year_month_day ymd{date::sys_days(date::days(static_cast<int>(day)))};
  Civil civil;
  civil.year = static_cast<int>(ymd.year());
  civil.month = static_cast<unsigned>(ymd.month());
  civil.day = static_cast<unsigned>(ymd.day());
  civil.micros = micros - day * kMicrosOfDay;
  return civil;
}

std::optional<int64_t> DayOf(int64_t year, unsigned month, unsigned day) {
  if (year < 1 || year > 9999) return std::nullopt;
  const date::year_month_day ymd{date::year(static_cast<int>(year)), date::month(month),
                                 date::day(day)};
  if (!ymd.ok()) return std::nullopt;
  return date::sys_days(ymd).time_since_epoch().count();
}

std::optional<int64_t> WallOf(int64_t instant, std::string_view zone) {
  if (const auto offset = FixedOffset(zone)) return instant + *offset * 1'000'000;
  const date::time_zone* found = ZoneNamed(zone);
  if (found == nullptr) return std::nullopt;
  const date::sys_seconds at{seconds(FloorDivide(instant, 1'000'000))};
  return instant + found->get_info(at).offset.count() * 1'000'000;
}

// A wall time that the zone skips is read with the offset before the gap, one that comes twice as
// the first: what GoogleSQL's civil-time library does.
std::optional<int64_t> InstantOfWall(int64_t wall, std::string_view zone) {
  if (const auto offset = FixedOffset(zone)) return wall - *offset * 1'000'000;
  const date::time_zone* found = ZoneNamed(zone);
  if (found == nullptr) return std::nullopt;
  const date::local_seconds at{seconds(FloorDivide(wall, 1'000'000))};
  return wall - found->get_info(at).first.offset.count() * 1'000'000;
}

std::optional<int64_t> ReadDate(std::string_view text) {
  Reader reader(text);
  const auto day = DateFrom(reader);
  return day && reader.Done() ? day : std::nullopt;
}

std::optional<int64_t> ReadTime(std::string_view text) {
  Reader reader(text);
  const auto time = TimeFrom(reader);
  return time && reader.Done() ? time : std::nullopt;
}

std::optional<int64_t> ReadDatetime(std::string_view text) {
  Reader reader(text);
  const auto day = DateFrom(reader);
  if (!day) return std::nullopt;
  if (reader.Done()) return *day * kMicrosOfDay;
  if (!reader.Take(' ') && !reader.Take('T') && !reader.Take('t')) return std::nullopt;
  const auto time = TimeFrom(reader);
  if (!time || !reader.Done()) return std::nullopt;
  return *day * kMicrosOfDay + *time;
}

std::optional<int64_t> ReadTimestamp(std::string_view text, std::string_view zone) {
  Reader reader(text);
  const auto day = DateFrom(reader);
  if (!day) return std::nullopt;
  int64_t wall = *day * kMicrosOfDay;
  const char next = reader.Peek();
  if (next == 'T' || next == 't' || next == ' ') {
    Reader ahead = reader;
    ahead.Take(next);
    if (ahead.Peek() >= '0' && ahead.Peek() <= '9') {
      const auto time = TimeFrom(ahead);
      if (!time) return std::nullopt;
      wall += *time;
      reader = ahead;
    }
  }
  std::string_view named = zone;
  if (!reader.Done()) {
    const bool spaced = reader.Take(' ');
    named = reader.Rest();
    const bool offset = named.substr(0, 1) == "+" || named.substr(0, 1) == "-";
    const bool zulu = named == "Z" || named == "z";
    if (spaced == (offset || zulu) || named.empty()) return std::nullopt;
  }
  const auto instant = InstantOfWall(wall, named);
  return instant && IsMicros(*instant) ? instant : std::nullopt;
}

std::string WriteDate(int64_t day) {
  const Civil civil = CivilOf(day * kMicrosOfDay);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(civil.year), civil.month,
                civil.day);
  return text;
}

std::string WriteFraction(int64_t micros) {
  micros %= 1'000'000;
  if (micros == 0) return {};
  char text[32];
  if (micros % 1000 == 0) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(micros / 1000));
  } else {
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(micros));
  }
  return text;
}

std::string WriteTime(int64_t micros) {
  const auto whole = static_cast<int>(micros / 1'000'000);
  char text[48];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  return text + WriteFraction(micros);
}

std::string WriteDatetime(int64_t micros, char separator) {
  const int64_t day = FloorDivide(micros, kMicrosOfDay);
  return WriteDate(day) + separator + WriteTime(micros - day * kMicrosOfDay);
}

std::string WriteTimestamp(int64_t micros) { return WriteDatetime(micros, ' ') + "+00"; }

}  // namespace salvor::testing::bigquery::googlesql
