#include "base/instant.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace salvor {
namespace {

// Exactly `count` digits at the front of `text`, taken off it.
std::optional<int> TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool TakeChar(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<date::sys_days> TakeDay(std::string_view& text) {
  auto year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  auto month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  auto day = TakeDigits(text, 2);
  if (!day) return std::nullopt;
  date::year_month_day ymd{date::year(*year), date::month(static_cast<unsigned>(*month)),
                           date::day(static_cast<unsigned>(*day))};
  if (!ymd.ok()) return std::nullopt;
  return date::sys_days(ymd);
}

// Milliseconds after midnight of "hh:mm[:ss[.fraction]]".
std::optional<Millis> TakeTime(std::string_view& text) {
  auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ':')) return std::nullopt;
  auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Millis time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!TakeChar(text, ':')) return time;
  auto second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  time += std::chrono::seconds(*second);
  if (!TakeChar(text, '.')) return time;
  int scale = 100;
  bool any = false;
  while (auto digit = TakeDigits(text, 1)) {
    time += Millis(*digit * scale);
    scale /= 10;
    any = true;
  }
  if (!any) return std::nullopt;
  return time;
}

// The offset from UTC, or nothing where the text is not one.
std::optional<Millis> TakeZone(std::string_view& text) {
  if (text.empty() || TakeChar(text, 'Z')) return Millis(0);
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  auto hour = TakeDigits(text, 2);
  if (!hour || *hour > 23) return std::nullopt;
  TakeChar(text, ':');
  auto minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Millis offset = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return west ? -offset : offset;
}

}  // namespace

// What lies outside of the years 0000 to 9999 (a number in somebody else's file) is given as the
// first or last instant in them: whatever is written can be read back.
std::string FormatInstant(Instant instant) {
  constexpr Instant kFirst{date::sys_days(date::year(0) / 1 / 1)};
  constexpr Instant kLast = Instant(date::sys_days(date::year(10'000) / 1 / 1)) - Millis(1);
  instant = std::clamp(instant, kFirst, kLast);
  const auto seconds = date::floor<std::chrono::seconds>(instant);
  const auto days = date::floor<date::days>(instant);
  const date::year_month_day ymd{days};
  const date::hh_mm_ss<std::chrono::seconds> time{seconds - days};
  const auto millis = (instant - seconds).count();
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (millis != 0) text += fmt::format(".{:03}", millis);
  return text + "Z";
}

Result<Instant> ParseInstant(std::string_view text) {
  std::string_view rest = text;
  auto bad = [&] {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' is not an instant", text), {},
                "Write it as 2026-11-22 or 2026-11-22T15:20:58Z");
  };
  auto day = TakeDay(rest);
  if (!day) return bad();
  Millis time{0};
  if (!rest.empty()) {
    if (!TakeChar(rest, 'T') && !TakeChar(rest, ' ')) return bad();
    auto taken = TakeTime(rest);
    if (!taken) return bad();
    auto zone = TakeZone(rest);
    if (!zone || !rest.empty()) return bad();
    time = *taken - *zone;
  }
  return Instant(*day + time);
}

std::string FormatDay(int64_t days_since_epoch) {
  const date::year_month_day ymd{date::sys_days(date::days(static_cast<int>(days_since_epoch)))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

Result<int64_t> ParseDay(std::string_view text) {
  std::string_view rest = text;
  auto day = TakeDay(rest);
  if (!day || !rest.empty()) {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' is not a day", text), {},
                "Write it as 2026-11-22");
  }
  return int64_t{day->time_since_epoch().count()};
}

std::string FormatSpan(Millis span) {
  const int64_t seconds = std::abs(span.count() / 1000);
  struct Unit {
    int64_t size;
    std::string_view name;
  };
  static constexpr std::array<Unit, 4> kUnits{{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  for (size_t i = 0; i < kUnits.size(); ++i) {
    if (seconds < kUnits.at(i).size) continue;
    std::string text = fmt::format("{} {}", seconds / kUnits.at(i).size, kUnits.at(i).name);
    if (i + 1 < kUnits.size()) {
      const int64_t rest = seconds % kUnits.at(i).size / kUnits.at(i + 1).size;
      if (rest != 0) text += fmt::format(" {} {}", rest, kUnits.at(i + 1).name);
    }
    return text;
  }
  return "0 s";
}

}  // namespace salvor
