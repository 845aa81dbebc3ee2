// What happened to the demo's table, as a plan for its commits: pure.
//
// Two weeks ago the table was moved here with all its days; every night since then a job writes the
// day before. Three days ago somebody ran that job again for a month of 2023, whose sources are
// long past their 30 days, and so overwrote the month with nothing. Two days later somebody else
// deleted a week of 2022. The nightly job went on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::demo {

// Days since 1970-01-01, both included.
struct Days {
  int64_t first = 0;
  int64_t last = 0;

  [[nodiscard]] int64_t Count() const { return last - first + 1; }
  [[nodiscard]] bool Contains(int64_t day) const { return first <= day && day <= last; }
};

struct Happening {
  enum class Kind { kMove, kNightly, kBackfill, kDelete };
  Kind kind = Kind::kNightly;
  Instant at;
  std::string who;
  Days days;  // written, or emptied by kBackfill and kDelete

  [[nodiscard]] bool Empties() const { return kind == Kind::kBackfill || kind == Kind::kDelete; }
};

struct History {
  std::vector<Happening> happenings;  // by time; the index is the version
  Days written;                       // all days that were ever written, without a gap
};

// The same versions for every `now`: only times and the last day depend on it. kInvalidArgument for
// a clock that is years behind.
Result<History> PlanHistory(Instant now);

}  // namespace salvor::demo
