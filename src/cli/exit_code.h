// The one table of exit codes. --help prints it, docs/exit-codes.md quotes it, a test compares
// them.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace salvor::cli {

enum class Exit {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kLossRecoverable = 3,
  kLossForGood = 4,
  kRefused = 5,
  kUnknown = 6,
};

inline constexpr std::array<std::pair<Exit, std::string_view>, 7> kExitMeanings{{
    {Exit::kDone, "done, or whole"},
    {Exit::kFailed, "failed"},
    {Exit::kUsage, "used wrongly"},
    {Exit::kLossRecoverable, "status: loss found that can be recovered"},
    {Exit::kLossForGood, "status: loss found that cannot be recovered"},
    {Exit::kRefused, "refused: approval, stale plan, privacy, retention"},
    {Exit::kUnknown, "outcome unknown: run the same command on the same case again"},
}};

inline Exit ExitFor(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return Exit::kUsage;
    case Code::kRefused:
    case Code::kStale:
      return Exit::kRefused;
    case Code::kOutcomeUnknown:
      return Exit::kUnknown;
    default:
      return Exit::kFailed;
  }
}

}  // namespace salvor::cli
