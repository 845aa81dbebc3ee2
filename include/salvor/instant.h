// Instants and days as values. Reading the clock is io's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "salvor/result.h"

#pragma GCC visibility push(default)
namespace salvor {

/// Milliseconds since 1970-01-01T00:00:00Z: the resolution of Delta commit times.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

inline Instant InstantOfMillis(int64_t millis) { return Instant(Millis(millis)); }
inline int64_t MillisOf(Instant instant) { return instant.time_since_epoch().count(); }

/// "2026-11-22T15:20:58.123Z"; without the fraction when it is zero.
std::string FormatInstant(Instant instant);

/// "2026-11-22", "2026-11-22 15:20", "2026-11-22T15:20:58[.fff][Z|+hh:mm|-hh:mm]"; UTC unless the
/// text says otherwise. Anything else is kInvalidArgument.
Result<Instant> ParseInstant(std::string_view text);

/// "2026-11-22" of a day counted from 1970-01-01, and back: proleptic Gregorian, years 0 to 9999.
std::string FormatDay(int64_t days_since_epoch);
Result<int64_t> ParseDay(std::string_view text);

/// "3 d 4 h", "12 min", "5 s": two units at most, never negative (the sign is the caller's to say).
std::string FormatSpan(Millis span);

}  // namespace salvor
#pragma GCC visibility pop
