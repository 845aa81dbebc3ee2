// Staying below a quota of the form "at most N in any T".
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/instant.h"
#include "io/clock.h"

namespace salvor::http {

// Lets at most `limit` starts through in any span of `window`, as fast as that allows: `limit` at
// once, the next when the window has passed since the first of them. It counts starts here; what
// the far side counts is later by a request's travel, so a caller with an exact quota leaves a
// margin. Thread-safe.
class Pace {
 public:
  // `limit` at least 1. The clock outlives the pace; being set back costs one window at most.
  Pace(int64_t limit, Millis window, const io::Clock& clock);

  // Returns when the caller may start. Callers are let through in the order in which they asked.
  void Await();

  // How long from now until the last of `count` more could start, if nobody else starts anything.
  [[nodiscard]] Millis TimeToStart(int64_t count) const;

 private:
  // When the next start is free, and the `ahead` after it: 0 is the next one; below limit_.
  [[nodiscard]] Instant Slot(size_t ahead, Instant now) const;

  const size_t limit_;
  const Millis window_;
  const io::Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<Instant> starts_;  // the last `limit`, granted or promised, in order
  size_t waiting_ = 0;          // callers that sleep in Await
};

}  // namespace salvor::http
