// A clock that goes where a test sends it.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "io/clock.h"

namespace salvor::testing {

// Stands still but for Set, Advance and Sleep. With a step, each Now is that much later than the
// one before, which makes every instant distinct. Thread-safe.
class ScriptedClock final : public io::Clock {
 public:
  explicit ScriptedClock(Instant start = InstantOfMillis(1'600'000'000'000), Millis step = {})
      : now_(MillisOf(start)), step_(step.count()) {}

  [[nodiscard]] Instant Now() const override { return InstantOfMillis(now_.fetch_add(step_)); }
  // Returns at once; the clock shows the later time.
  void Sleep(Millis span) const override {
    now_ += span.count();
    slept_ += span.count();
  }

  void Set(Instant instant) { now_ = MillisOf(instant); }
  void Advance(Millis span) { now_ += span.count(); }
  [[nodiscard]] Millis Slept() const { return Millis(slept_); }

 private:
  mutable std::atomic<int64_t> now_;
  mutable std::atomic<int64_t> slept_ = 0;
  int64_t step_;
};

}  // namespace salvor::testing
