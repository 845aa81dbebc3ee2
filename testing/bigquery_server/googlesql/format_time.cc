#include "testing/bigquery_server/googlesql/format_time.h"

#include <array>
#include <cstdio>

#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

std::string Padded(int64_t value, int width, char with = '0') {
  char text[32];
  std::snprintf(text, sizeof text, with == '0' ? "%0*lld" : "%*lld", width,
                static_cast<long long>(value));
  return text;
}

int64_t PartOf(int64_t wall, std::string_view name) {
  return Extract(wall, *PartOfName(name)).value_or(0);
}

std::string OffsetText(int64_t wall, std::string_view zone, bool colon) {
  const int64_t instant = InstantOfWall(wall, zone).value_or(wall);
  const int64_t minutes = (wall - instant) / 60'000'000;
  const int64_t size = minutes < 0 ? -minutes : minutes;
  return (minutes < 0 ? "-" : "+") + Padded(size / 60, 2) + (colon ? ":" : "") +
         Padded(size % 60, 2);
}

std::string OneElement(char element, int64_t wall, std::string_view kind) {
  const Civil civil = CivilOf(wall);
  const int64_t hour = PartOf(wall, "HOUR");
  const auto weekday = static_cast<size_t>(PartOf(wall, "DAYOFWEEK") - 1);
  switch (element) {
    case 'Y':
      return std::to_string(civil.year);
    case 'y':
      return Padded(civil.year % 100, 2);
    case 'C':
      return Padded(civil.year / 100, 2);
    case 'm':
      return Padded(civil.month, 2);
    case 'd':
      return Padded(civil.day, 2);
    case 'e':
      return Padded(civil.day, 2, ' ');
    case 'B':
      return std::string(kMonths[civil.month - 1]);
    case 'b':
    case 'h':
      return std::string(kMonths[civil.month - 1].substr(0, 3));
    case 'A':
      return std::string(kDays[weekday]);
    case 'a':
      return std::string(kDays[weekday].substr(0, 3));
    case 'j':
      return Padded(PartOf(wall, "DAYOFYEAR"), 3);
    case 'u':
      return std::to_string(weekday == 0 ? 7 : weekday);
    case 'w':
      return std::to_string(weekday);
    case 'G':
      return std::to_string(PartOf(wall, "ISOYEAR"));
    case 'V':
      return Padded(PartOf(wall, "ISOWEEK"), 2);
    case 'U':
      return Padded(PartOf(wall, "WEEK"), 2);
    case 'W':
      return Padded(PartOf(wall, "WEEK(MONDAY)"), 2);
    case 'Q':
      return std::to_string(PartOf(wall, "QUARTER"));
    case 'H':
      return Padded(hour, 2);
    case 'I':
      return Padded(hour % 12 == 0 ? 12 : hour % 12, 2);
    case 'p':
      return hour < 12 ? "AM" : "PM";
    case 'M':
      return Padded(PartOf(wall, "MINUTE"), 2);
    case 'S':
      return Padded(PartOf(wall, "SECOND"), 2);
    case 's': {
      const int64_t instant = InstantOfWall(wall, kind).value_or(wall);
      return std::to_string((instant - (instant % 1'000'000 + 1'000'000) % 1'000'000) / 1'000'000);
    }
    case 'z':
      return OffsetText(wall, kind, false);
    case 'Z': {
      const std::string upper = Upper(kind);
      if (upper == "UTC" || upper == "Z") return "UTC";
      Refuse("FORMAT element %Z of this zone is not in this server's GoogleSQL subset");
    }
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '%':
      return "%";
    default:
      Refuse(std::string("Format element %") + element +
             " is not in this server's GoogleSQL subset");
  }
}

// The elements that stand for others.
std::string_view Composed(char element) {
  switch (element) {
    case 'F':
      return "%Y-%m-%d";
    case 'T':
    case 'X':
      return "%H:%M:%S";
    case 'R':
      return "%H:%M";
    case 'D':
    case 'x':
      return "%m/%d/%y";
    default:
      return {};
  }
}

// "E4S", "E*S", "E#S", "Ez", "E4Y": what follows the percent sign, as one name.
std::string_view Extended(std::string_view format, size_t at) {
  if (at >= format.size() || format[at] != 'E') return {};
  for (const std::string_view known :
       {"E*S", "E#S", "E3S", "E6S", "E1S", "E2S", "E4S", "E5S", "Ez", "E4Y"}) {
    if (format.substr(at, known.size()) == known) return known;
  }
  Refuse("Format element %E is not in this server's GoogleSQL subset");
}

std::string SecondsWithFraction(int64_t wall, char digits) {
  const std::string whole = Padded(PartOf(wall, "SECOND"), 2);
  std::string micros = Padded(PartOf(wall, "MICROSECOND"), 6);
  if (digits == '*' || digits == '#') {
    micros.erase(micros.find_last_not_of('0') + 1);
  } else {
    micros.resize(static_cast<size_t>(digits - '0'));
  }
  return micros.empty() ? whole : whole + "." + micros;
}

}  // namespace

std::string FormatTime(std::string_view format, int64_t wall, std::string_view kind) {
  static constexpr std::string_view kClock = "HIpMSTRXskl";
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
      continue;
    }
    const std::string_view extended = Extended(format, i + 1);
    if (!extended.empty()) {
      i += extended.size();
      text += extended == "Ez"    ? OffsetText(wall, kind, true)
              : extended == "E4Y" ? Padded(CivilOf(wall).year, 4)
                                  : SecondsWithFraction(wall, extended[1]);
      continue;
    }
    const char element = format[++i];
    if (kind == "DATE" && kClock.find(element) != std::string_view::npos) {
      text += std::string("%") + element;  // what GoogleSQL does with it
      continue;
    }
    const std::string_view composed = Composed(element);
    text += composed.empty() ? OneElement(element, wall, kind) : FormatTime(composed, wall, kind);
  }
  return text;
}

}  // namespace salvor::testing::bigquery::googlesql
