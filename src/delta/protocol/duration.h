// Duration properties of a table. Its readers parse them each in their own way, and what one of
// them cannot read is for another the default, or the end of reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

inline constexpr const char* kLogRetention = "delta.logRetentionDuration";
inline constexpr const char* kFileRetention = "delta.deletedFileRetentionDuration";
inline constexpr Millis kDefaultLogRetention = std::chrono::hours(30 * 24);
inline constexpr Millis kDefaultFileRetention = std::chrono::hours(7 * 24);

// As Spark's CalendarInterval: "interval 7 days", "7 days 2 hours", "-1 WEEK", any case. Nothing
// for what it does not take, months and years among it.
std::optional<Millis> ParseSparkInterval(std::string_view text);
// As delta-kernel and delta-rs: "interval" and one whole number of one unit, in small letters.
std::optional<Millis> ParseKernelInterval(std::string_view text);

struct TableDuration {
  // The shortest that a reader may take it for; the default where it is not set, and for who cannot
  // read what it is set to.
  Millis span{};
  std::string what;         // for people: "14 d", "7 d, the default", and who reads it otherwise
  bool is_duration = true;  // for Spark
};

TableDuration DurationOf(const Metadata& metadata, const std::string& name, Millis otherwise);

// Which of the table's durations are none, and who cannot read the table for it.
std::vector<std::string> DurationNotes(const Metadata& metadata);

}  // namespace salvor::delta
