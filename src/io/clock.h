// Time and chance come from here and nowhere else, so that tests can script them.
#pragma once

#include "base/instant.h"

namespace salvor::io {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant Now() const = 0;
  virtual void Sleep(Millis span) const = 0;
};

// The system's real-time clock. Thread-safe; lives as long as the program.
const Clock& SystemClock();

}  // namespace salvor::io
