// Dice, for jitter and for names that must not collide. What throws them is handed a Random, so
// that a test can script it.
#pragma once

#include <cstdint>

namespace salvor::io {

class Random {
 public:
  virtual ~Random() = default;
  // 64 evenly distributed bits. Thread-safe.
  [[nodiscard]] virtual uint64_t Next() const = 0;
  // Evenly distributed in [0, 1).
  [[nodiscard]] double NextFraction() const {
    return static_cast<double>(Next() >> 11U) * 0x1.0p-53;
  }
};

// The kernel's generator, good enough for secrets. Lives as long as the program.
const Random& SystemRandom();

}  // namespace salvor::io
