#include "demo/history.h"

#include <fmt/format.h>

#include <algorithm>

namespace salvor::demo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr int kNights = 14;

int64_t DayOf(Instant at) { return std::chrono::floor<days>(at).time_since_epoch().count(); }

Result<Days> DaysOf(const char* first, const char* last) {
  SALVOR_TRY(const int64_t begin, ParseDay(first));
  SALVOR_TRY(const int64_t end, ParseDay(last));
  return Days{begin, end};
}

}  // namespace

Result<History> PlanHistory(Instant now) {
  SALVOR_TRY(const int64_t first, ParseDay("2021-05-01"));
  SALVOR_TRY(const Days deleted, DaysOf("2022-07-04", "2022-07-10"));
  SALVOR_TRY(const Days backfilled, DaysOf("2023-03-01", "2023-03-31"));
  // All times are counted back from now, never from midnight, so that the order of the commits is
  // the same at any time of the day.
  now = std::chrono::floor<std::chrono::seconds>(now);
  const Instant tonight = now - hours(5) - minutes(20);
  const int64_t moved_last = DayOf(tonight - days(kNights - 1)) - 2;
  if (moved_last <= backfilled.last + 30) {
    return Fail(Code::kInvalidArgument,
                fmt::format("the clock says {}, and the demo's story is later than that",
                            FormatInstant(now)),
                {}, "Set the machine's clock");
  }

  using Kind = Happening::Kind;
  History history;
  history.happenings.push_back(
      {Kind::kMove, tonight - days(kNights) + minutes(97), "lake-migration", {first, moved_last}});
  for (int night = kNights - 1; night >= 0; --night) {
    const Instant at = tonight - days(night);
    history.happenings.push_back(
        {Kind::kNightly, at, "nightly-etl", {DayOf(at) - 1, DayOf(at) - 1}});
  }
  history.happenings.push_back(
      {Kind::kBackfill, now - days(3) - hours(2) - minutes(13), "kim@example.com", backfilled});
  history.happenings.push_back(
      {Kind::kDelete, now - days(1) - hours(1) - minutes(48), "lee@example.com", deleted});
  std::sort(history.happenings.begin(), history.happenings.end(),
            [](const Happening& a, const Happening& b) { return a.at < b.at; });
  history.written = {first, DayOf(tonight) - 1};
  return history;
}

}  // namespace salvor::demo
