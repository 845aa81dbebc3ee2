#include "delta/table/history_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/protocol/duration.h"
#include "delta/protocol/table_head.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {
namespace {

Instant Before(Instant now, Millis span) {
  int64_t millis = 0;
  if (__builtin_sub_overflow(MillisOf(now), static_cast<int64_t>(span.count()), &millis))
    return Instant::min();
  return InstantOfMillis(millis);
}

}  // namespace

// The last version at or before the instant, or the first that can be watched.
Result<int64_t> StoredLog::StartFor(Instant instant, int64_t watchable) {
  const auto version = VersionAsOf(instant);
  if (version) return std::max(*version, watchable);
  if (version.error().code == Code::kNotFound) return watchable;
  return Fail(version.error());
}

Result<WindowChoice> StoredLog::ChooseWindow(const TableHead& head,
                                             const warehouse::LookRequest& request) {
  WindowChoice choice;
  SALVOR_TRY(const int64_t watchable, listing_.Earliest());
  const TableDuration retention = DurationOf(head.metadata, kLogRetention, kDefaultLogRetention);
  choice.first = watchable;
  choice.reason = "all that the log holds";
  choice.recent_from = Before(clock_.Now(), retention.span);
  if (request.since) {
    SALVOR_TRY(choice.first, StartFor(*request.since, watchable));
    choice.reason = "since " + FormatInstant(*request.since) + ", as asked";
    choice.recent_from = std::min(choice.recent_from, *request.since);
  }
  if (request.reach_version && *request.reach_version - 1 < choice.first) {
    const int64_t wanted = std::max<int64_t>(0, *request.reach_version - 1);
    if (wanted < watchable)
      return Fail(
          Code::kTooLate,
          fmt::format("the table as it was before version {} can no longer be read",
                      *request.reach_version),
          root_,
          fmt::format("The first version that can be read with all that follows is {}", watchable));
    choice.first = wanted;
    choice.reason =
        fmt::format("back to the state before version {}, as asked", *request.reach_version);
  }
  choice.whole_history = choice.first == watchable;
  const auto readable = ReadableSegmentTo(choice.first);
  if (!readable && choice.whole_history && listing_.Earliest().value_or(watchable) != watchable)
    return ChooseWindow(head, request);  // by a checkpoint fewer
  SALVOR_OK(readable);
  SALVOR_TRY(choice.segment, listing_.HistoryFrom(choice.first));
  return choice;
}

}  // namespace salvor::delta
