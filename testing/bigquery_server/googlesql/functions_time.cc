#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/duck_function.h"
#include "testing/bigquery_server/googlesql/format_time.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

std::string Shown(std::string_view text) { return std::string(text.substr(0, 64)); }

int64_t Found(std::optional<int64_t> value, const char* type, std::string_view text) {
  if (!value) Refuse(std::string("Invalid ") + type + ": '" + Shown(text) + "'");
  return *value;
}
Day DateOfText(std::string_view text) { return Day{Found(ReadDate(text), "date", text)}; }
Wall DatetimeOfText(std::string_view text) {
  return Wall{Found(ReadDatetime(text), "datetime string", text)};
}
Clock TimeOfText(std::string_view text) {
  return Clock{Found(ReadTime(text), "time string", text)};
}
Moment TimestampOfText(std::string_view text) {
  return Moment{Found(ReadTimestamp(text, "UTC"), "timestamp", text)};
}
std::string TextOfDate(Day day) { return WriteDate(day.days); }
std::string TextOfDatetime(Wall wall) { return WriteDatetime(wall.micros, ' '); }
std::string TextOfTime(Clock clock) { return WriteTime(clock.micros); }
std::string TextOfTimestamp(Moment moment) { return WriteTimestamp(moment.micros); }

Wall WallAt(Moment moment, std::string_view zone) {
  return Wall{Found(WallOf(moment.micros, zone), "time zone", zone)};
}
Moment ZonedAt(Wall wall, std::string_view zone) {
  const int64_t instant = Found(InstantOfWall(wall.micros, zone), "time zone", zone);
  if (!IsMicros(instant)) Refuse("Timestamp is out of supported range");
  return Moment{instant};
}

int64_t Moved(int64_t wall, int64_t count, std::string_view part, const char* what) {
  const std::optional<DatePart> meant = PartOfName(part);
  const auto moved = meant ? AddParts(wall, count, *meant) : std::nullopt;
  if (!moved) {
    Refuse(std::string("Adding ") + std::to_string(count) + " " + std::string(part) + " to a " +
           what + " causes overflow");
  }
  return *moved;
}
Day AddToDate(Day day, int64_t count, std::string_view part) {
  return Day{Moved(day.days * kMicrosOfDay, count, part, "date") / kMicrosOfDay};
}
Moment AddToTimestamp(Moment moment, int64_t count, std::string_view part) {
  return Moment{Moved(moment.micros, count, part, "timestamp")};
}

Wall TruncateWall(Wall wall, std::string_view part) {
  const std::optional<DatePart> meant = PartOfName(part);
  const auto begin = meant ? TruncateTo(wall.micros, *meant) : std::nullopt;
  if (!begin || !IsMicros(*begin))
    Refuse("Truncating to " + std::string(part) + " is out of range");
  return Wall{*begin};
}

int64_t Unix(Moment moment, int64_t unit) {
  return moment.micros / unit - (moment.micros % unit < 0 ? 1 : 0);
}

std::vector<Day> GenerateDates(Day first, Day last, int64_t step, std::string_view part) {
  const std::optional<DatePart> meant = PartOfName(part);
  if (step == 0) Refuse("Sequence step cannot be 0.");
  std::vector<Day> days;
  int64_t day = first.days;  // each from the one before: January 31, February 28, March 28
  while ((step > 0 ? day <= last.days : day >= last.days) && days.size() < 1'000'000) {
    days.push_back(Day{day});
    const auto next = AddParts(day * kMicrosOfDay, step, *meant);
    if (!next) break;
    day = *next / kMicrosOfDay;
  }
  return days;
}

std::string Formatted(std::string_view format, Wall wall, std::string_view kind) {
  return FormatTime(format, wall.micros, kind);
}

}  // namespace

bool RegisterTimeFunctions(duckdb_connection connection) {
  return RegisterScalar<&DateOfText>(connection, "bq_text_date") &&
         RegisterScalar<&DatetimeOfText>(connection, "bq_text_datetime") &&
         RegisterScalar<&TimeOfText>(connection, "bq_text_time") &&
         RegisterScalar<&TimestampOfText>(connection, "bq_text_timestamp") &&
         RegisterScalar<&TextOfDate>(connection, "bq_date_text") &&
         RegisterScalar<&TextOfDatetime>(connection, "bq_datetime_text") &&
         RegisterScalar<&TextOfTime>(connection, "bq_time_text") &&
         RegisterScalar<&TextOfTimestamp>(connection, "bq_timestamp_text") &&
         RegisterScalar<&WallAt>(connection, "bq_wall") &&
         RegisterScalar<&ZonedAt>(connection, "bq_zoned") &&
         RegisterScalar<&AddToDate>(connection, "bq_date_add") &&
         RegisterScalar<&AddToTimestamp>(connection, "bq_timestamp_add") &&
         RegisterScalar<&TruncateWall>(connection, "bq_trunc") &&
         RegisterScalar<&Unix>(connection, "bq_unix") &&
         RegisterScalar<&GenerateDates>(connection, "bq_generate_dates") &&
         RegisterScalar<&Formatted>(connection, "bq_format_time");
}

}  // namespace salvor::testing::bigquery::googlesql
