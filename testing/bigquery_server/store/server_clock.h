// The server's time: the system's clock plus an offset that tests set, and commit instants that
// strictly increase.
#pragma once

#include <algorithm>
#include <cstdint>

#include "io/clock.h"

namespace salvor::testing::bigquery {

class ServerClock {
 public:
  explicit ServerClock(const io::Clock& clock) : clock_(clock) {}

  // Never before a commit that happened, so that what was written can be read as of now.
  [[nodiscard]] int64_t NowMs() const {
    return std::max(MillisOf(clock_.Now()) + offset_ms_, last_ms_);
  }
  // Backwards only before the first commit: what happened stays in the past.
  void Advance(int64_t millis) {
    offset_ms_ += last_ms_ == 0 ? millis : std::max<int64_t>(millis, 0);
  }
  [[nodiscard]] int64_t OffsetMs() const { return offset_ms_; }
  // Of the last commit; 0 before the first.
  [[nodiscard]] int64_t LastCommit() const { return last_ms_; }
  // An instant of its own for a commit that happens at `at_ms`.
  int64_t NextCommit(int64_t at_ms) { return last_ms_ = std::max(last_ms_ + 1, at_ms); }
  void Sleep(int64_t millis) const { clock_.Sleep(Millis(millis)); }

 private:
  const io::Clock& clock_;
  int64_t offset_ms_ = 0;
  int64_t last_ms_ = 0;
};

}  // namespace salvor::testing::bigquery
