// Dates and timestamps as partition values: Spark's casts, and chrono (the Rust library), which
// delta-kernel and delta-rs parse with.
#include <date/date.h>
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <limits>

#include "base/instant.h"
#include "delta/protocol/partition_value.h"
#include "model/year_text.h"

namespace salvor::delta {
namespace {

constexpr int64_t kSecond = 1'000'000;  // in microseconds
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kDay = 24 * 60 * kMinute;

struct Day {
  int64_t year = 0;
  int64_t month = 1;
  int64_t day = 1;
};

// The calendar is the same every 400 years, and the library's years are few.
constexpr int64_t kCycleYears = 400;
constexpr int64_t kCycleDays = 146'097;
constexpr int64_t kNear = 2000;

int64_t FloorDivide(int64_t number, int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

std::optional<int64_t> DayNumber(const Day& day) {
  const int64_t cycles = FloorDivide(day.year - kNear, kCycleYears);
  const date::year_month_day like{date::year(static_cast<int>(day.year - cycles * kCycleYears)),
                                  date::month(static_cast<unsigned>(day.month)),
                                  date::day(static_cast<unsigned>(day.day))};
  if (!like.ok()) return std::nullopt;
  return date::sys_days(like).time_since_epoch().count() + cycles * kCycleDays;
}

std::string FormatDayNumber(int64_t days) {
  const auto near = date::sys_days(date::year(static_cast<int>(kNear)) / 1 / 1);
  const int64_t cycles = FloorDivide(days - near.time_since_epoch().count(), kCycleDays);
  const date::year_month_day like(
      date::sys_days(date::days(static_cast<int>(days - cycles * kCycleDays))));
  return fmt::format("{}-{:02}-{:02}",
                     model::FormatYear(static_cast<int>(like.year()) + cycles * kCycleYears),
                     static_cast<unsigned>(like.month()), static_cast<unsigned>(like.day()));
}

std::string FormatTime(int64_t micros, bool instant) {
  const int64_t days = FloorDivide(micros, kDay);
  const int64_t seconds = (micros - days * kDay) / kSecond;
  std::string text = fmt::format("{}T{:02}:{:02}:{:02}", FormatDayNumber(days), seconds / 3600,
                                 seconds / 60 % 60, seconds % 60);
  if (const int64_t fraction = micros - days * kDay - seconds * kSecond; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.resize(text.find_last_not_of('0') + 1);
  }
  return instant ? text + "Z" : text;
}

// Takes a text from its beginning.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] std::string_view Rest() const { return text_; }
  [[nodiscard]] bool AtEnd() const { return text_.empty(); }
  [[nodiscard]] bool Sees(char c) const { return !text_.empty() && text_.front() == c; }
  bool Take(char c) {
    if (!Sees(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool SkipBlanks() {
    const size_t before = text_.size();
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front())) != 0)
      text_.remove_prefix(1);
    return text_.size() != before;
  }
  // Digits, at least and at most so many.
  std::optional<int64_t> Number(size_t fewest, size_t most) {
    const std::string_view digits = Digits();
    if (digits.size() < fewest || digits.size() > most) return std::nullopt;
    int64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    text_.remove_prefix(digits.size());
    return value;
  }
  // Of at most so many digits the rest is left, as chrono does.
  std::optional<int64_t> FirstDigits(size_t most) {
    const std::string_view digits = Digits().substr(0, most);
    if (digits.empty()) return std::nullopt;
    int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    text_.remove_prefix(digits.size());
    return value;
  }
  // Microseconds; what is finer is cut.
  int64_t Fraction() {
    const std::string_view digits = Digits();
    std::string six(digits.substr(0, 6));
    six.resize(6, '0');
    int64_t value = 0;
    std::from_chars(six.data(), six.data() + six.size(), value);
    text_.remove_prefix(digits.size());
    return value;
  }

 private:
  [[nodiscard]] std::string_view Digits() const {
    return text_.substr(0, text_.find_first_not_of("0123456789"));
  }

  std::string_view text_;
};

// chrono's "%Y-%m-%d": blanks before each number, a sign for years of any length.
std::optional<int64_t> ChronoDay(Cursor& cursor) {
  constexpr size_t kLongestYear = 7;
  constexpr int64_t kFirstYear = -262'143;
  constexpr int64_t kLastYear = 262'142;
  Day day;
  cursor.SkipBlanks();
  const bool negative = cursor.Sees('-');
  std::optional<int64_t> year;
  if (cursor.Take('-') || cursor.Take('+')) {
    year = cursor.Number(1, kLongestYear);
  } else {
    year = cursor.FirstDigits(4);
  }
  if (!year || !cursor.Take('-')) return std::nullopt;
  cursor.SkipBlanks();
  const auto month = cursor.FirstDigits(2);
  if (!month || !cursor.Take('-')) return std::nullopt;
  cursor.SkipBlanks();
  const auto of_month = cursor.FirstDigits(2);
  if (!of_month) return std::nullopt;
  day = {negative ? -*year : *year, *month, *of_month};
  if (day.year < kFirstYear || day.year > kLastYear) return std::nullopt;
  return DayNumber(day);
}

// chrono's "%H:%M:%S%.f". A second may be 60.
std::optional<int64_t> ChronoClock(Cursor& cursor) {
  cursor.SkipBlanks();
  const auto hour = cursor.FirstDigits(2);
  if (!hour || *hour > 23 || !cursor.Take(':')) return std::nullopt;
  cursor.SkipBlanks();
  const auto minute = cursor.FirstDigits(2);
  if (!minute || *minute > 59 || !cursor.Take(':')) return std::nullopt;
  cursor.SkipBlanks();
  const auto second = cursor.FirstDigits(2);
  if (!second || *second > 60) return std::nullopt;
  int64_t micros = (*hour * 60 + *minute) * kMinute + *second * kSecond;
  if (cursor.Take('.')) {
    if (cursor.AtEnd() || std::isdigit(static_cast<unsigned char>(cursor.Rest().front())) == 0)
      return std::nullopt;
    micros += cursor.Fraction();
  }
  return micros;
}

struct ChronoTime {
  int64_t local = 0;   // microseconds
  int64_t offset = 0;  // likewise
  bool says_zone = false;
};

bool IsUtc(std::string_view text) {
  return text.size() == 3 && std::tolower(static_cast<unsigned char>(text[0])) == 'u' &&
         std::tolower(static_cast<unsigned char>(text[1])) == 't' &&
         std::tolower(static_cast<unsigned char>(text[2])) == 'c';
}

// "Z", "UTC", "+01:00", "+0100": hours and minutes of two digits each.
std::optional<int64_t> ChronoOffset(std::string_view text) {
  if (IsUtc(text) || text == "Z" || text == "z") return 0;
  Cursor cursor(text);
  const bool negative = cursor.Sees('-');
  if (!cursor.Take('-') && !cursor.Take('+')) return std::nullopt;
  const std::string_view digits = cursor.Rest();
  const bool colon = digits.size() > 2 && digits[2] == ':';
  if (digits.size() != (colon ? 5 : 4)) return std::nullopt;
  const auto hours = Cursor(digits.substr(0, 2)).Number(2, 2);
  const auto minutes = Cursor(digits.substr(colon ? 3 : 2)).Number(2, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int64_t offset = (*hours * 60 + *minutes) * kMinute;
  return negative ? -offset : offset;
}

// Without a zone only "%Y-%m-%d %H:%M:%S%.f"; with one also a T between.
std::optional<ChronoTime> ReadChrono(std::string_view text, bool zone_allowed) {
  Cursor cursor(text);
  const auto day = ChronoDay(cursor);
  if (!day) return std::nullopt;
  const bool with_t = cursor.Take('T') || cursor.Take('t');
  if (!with_t && !cursor.SkipBlanks()) return std::nullopt;
  const auto clock = ChronoClock(cursor);
  if (!clock) return std::nullopt;
  ChronoTime time{*day * kDay + *clock, 0, false};
  if (cursor.AtEnd()) return with_t ? std::nullopt : std::optional(time);
  if (!zone_allowed) return std::nullopt;
  cursor.SkipBlanks();
  const auto offset = ChronoOffset(cursor.Rest());
  if (!offset) return std::nullopt;
  time.offset = *offset;
  time.says_zone = true;
  return time;
}

// Spark's "[+-]yyyy*[-[m]m[-[d]d]]". What follows a whole day is left.
std::optional<int64_t> SparkDay(Cursor& cursor, size_t longest_year) {
  const bool negative = cursor.Sees('-');
  if (!cursor.Take('-')) cursor.Take('+');
  const auto year = cursor.Number(4, longest_year);
  if (!year) return std::nullopt;
  Day day{negative ? -*year : *year, 1, 1};
  if (cursor.AtEnd()) return DayNumber(day);
  const auto month = cursor.Take('-') ? cursor.Number(1, 2) : std::nullopt;
  if (!month) return std::nullopt;
  day.month = *month;
  if (cursor.AtEnd()) return DayNumber(day);
  const auto of_month = cursor.Take('-') ? cursor.Number(1, 2) : std::nullopt;
  if (!of_month) return std::nullopt;
  day.day = *of_month;
  if (!cursor.AtEnd() && !cursor.Sees(' ') && !cursor.Sees('T')) return std::nullopt;
  return DayNumber(day);
}

// Spark's "h[:m[:s[.f]]]"; a zone follows seconds only.
std::optional<int64_t> SparkClock(Cursor& cursor) {
  const auto hour = cursor.Number(1, 2);
  if (!hour || *hour > 23) return std::nullopt;
  int64_t micros = *hour * 60 * kMinute;
  if (cursor.AtEnd()) return micros;
  const auto minute = cursor.Take(':') ? cursor.Number(1, 2) : std::nullopt;
  if (!minute || *minute > 59) return std::nullopt;
  micros += *minute * kMinute;
  if (cursor.AtEnd()) return micros;
  const auto second = cursor.Take(':') ? cursor.Number(1, 2) : std::nullopt;
  if (!second || *second > 59) return std::nullopt;
  micros += *second * kSecond;
  if (cursor.Take('.')) micros += cursor.Fraction();
  return micros;
}

// Java's zone ids, but for those of regions, whose rules are not known here.
std::optional<int64_t> SparkOffset(std::string_view zone) {
  constexpr int64_t kMaxOffset = 18 * 60 * kMinute;
  if (zone == "Z") return 0;
  for (const std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!zone.starts_with(prefix)) continue;
    zone.remove_prefix(prefix.size());
    if (zone.empty()) return 0;
    break;
  }
  Cursor cursor(zone);
  const bool negative = cursor.Sees('-');
  if (!cursor.Take('-') && !cursor.Take('+')) return std::nullopt;
  int64_t offset = 0;
  if (const auto compact = Cursor(cursor.Rest()).Number(4, 4);
      compact && cursor.Rest().size() == 4) {
    offset = (*compact / 100 * 60 + *compact % 100) * kMinute;
  } else {
    const auto hours = cursor.Number(1, 2);
    if (!hours) return std::nullopt;
    offset = *hours * 60 * kMinute;
    for (const int64_t unit : {kMinute, kSecond}) {
      if (cursor.AtEnd()) break;
      const auto part = cursor.Take(':') ? cursor.Number(1, 2) : std::nullopt;
      if (!part || *part > 59) return std::nullopt;
      offset += *part * unit;
    }
    if (!cursor.AtEnd()) return std::nullopt;
  }
  if (offset > kMaxOffset) return std::nullopt;
  return negative ? -offset : offset;
}

struct SparkTime {
  int64_t local = 0;
  int64_t offset = 0;
  bool says_zone = false;
};

std::optional<SparkTime> ReadSpark(std::string_view text, bool zone_counts) {
  constexpr size_t kLongestYear = 6;
  constexpr int64_t kMaxDays = 106'000'000;  // 64 bits of microseconds
  Cursor cursor(SparkTrimmed(text));
  const auto day = SparkDay(cursor, kLongestYear);
  if (!day || *day > kMaxDays || *day < -kMaxDays) return std::nullopt;
  SparkTime time{*day * kDay, 0, false};
  if (cursor.AtEnd()) return time;
  if (!cursor.Take('T')) cursor.Take(' ');
  const auto clock = SparkClock(cursor);
  if (!clock) return std::nullopt;
  time.local += *clock;
  const std::string_view zone = SparkTrimmed(cursor.Rest());
  if (zone.empty()) return time;
  time.says_zone = true;
  const auto offset = SparkOffset(zone);
  if (!offset && zone_counts) return std::nullopt;
  time.offset = offset.value_or(0);
  return time;
}

}  // namespace

ParsedValue ReadDate(std::string_view text) {
  // Nearly every date, and there may be a million of them.
  if (auto plain = ReaderView::Of(std::string(text)); ParseDay(text)) return {plain, plain};
  constexpr size_t kLongestYear = 7;
  ParsedValue parsed{ReaderView::Of(std::nullopt), ReaderView::Error()};
  Cursor spark(SparkTrimmed(text));
  const auto seen = SparkDay(spark, kLongestYear);
  if (seen && *seen <= std::numeric_limits<int32_t>::max())
    parsed.spark = ReaderView::Of(FormatDayNumber(*seen));
  Cursor chrono(text);
  const auto day = ChronoDay(chrono);
  if (day && chrono.AtEnd()) parsed.others = ReaderView::Of(FormatDayNumber(*day));
  return parsed;
}

ParsedTime ReadTimestamp(std::string_view text) {
  ParsedTime parsed;
  parsed.others = parsed.kernel = ReaderView::Error();
  if (const auto time = ReadSpark(text, true)) {
    parsed.spark = ReaderView::Of(FormatTime(time->local - time->offset, true));
    parsed.says_zone = time->says_zone;
  }
  if (const auto time = ReadChrono(text, true)) {
    parsed.others = ReaderView::Of(FormatTime(time->local - time->offset, true));
    parsed.kernel = ReaderView::Of(FormatTime(time->local, true));
    parsed.says_zone = time->says_zone;
  }
  return parsed;
}

ParsedTime ReadTimestampNtz(std::string_view text) {
  ParsedTime parsed;
  parsed.others = ReaderView::Error();
  if (const auto time = ReadSpark(text, false))
    parsed.spark = ReaderView::Of(FormatTime(time->local, false));
  if (const auto time = ReadChrono(text, false))
    parsed.others = ReaderView::Of(FormatTime(time->local, false));
  parsed.kernel = parsed.others;
  return parsed;
}

}  // namespace salvor::delta
