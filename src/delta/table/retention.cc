#include "delta/table/retention.h"

#include <fmt/format.h>

#include <limits>

namespace salvor::delta {
namespace {

Instant After(Instant start, Millis span) {
  int64_t sum = 0;
  if (__builtin_add_overflow(MillisOf(start), static_cast<int64_t>(span.count()), &sum))
    sum = span < Millis(0) ? std::numeric_limits<int64_t>::min()
                           : std::numeric_limits<int64_t>::max();
  return InstantOfMillis(sum);
}

std::string Stated(const char* property, const TableDuration& duration) {
  return fmt::format("{} ({})", property, duration.what);
}

}  // namespace

Retention RetentionOf(const Metadata& metadata) {
  Retention retention;
  retention.files = DurationOf(metadata, kFileRetention, kDefaultFileRetention);
  retention.log = DurationOf(metadata, kLogRetention, kDefaultLogRetention);
  retention.log_is_cleaned =
      metadata.Property("delta.enableExpiredLogCleanup").value_or("true") != "false";
  return retention;
}

Deadline EarlierDeadline(const Retention& retention, std::optional<Instant> removed,
                         Instant oldest_needed, int64_t version) {
  Deadline deadline;
  if (removed) {
    deadline.at = After(*removed, retention.files.span);
    deadline.reason =
        fmt::format("the next VACUUM may delete files that were removed {}: {}",
                    *removed == Instant() ? "at an unknown time" : "at " + FormatInstant(*removed),
                    Stated(kFileRetention, retention.files));
  }
  const Instant log = After(oldest_needed, retention.log.span);
  if (retention.log_is_cleaned && (!deadline.at || log < *deadline.at)) {
    deadline.at = log;
    deadline.reason =
        fmt::format("the next checkpoint may drop log files of {} that version {} needs: {}",
                    FormatInstant(oldest_needed), version, Stated(kLogRetention, retention.log));
  }
  return deadline;
}

}  // namespace salvor::delta
