#include "io/clock.h"

#include <chrono>
#include <thread>

namespace salvor::io {
namespace {

class RealTimeClock final : public Clock {
 public:
  [[nodiscard]] Instant Now() const override {
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
  void Sleep(Millis span) const override { std::this_thread::sleep_for(span); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealTimeClock clock;
  return clock;
}

}  // namespace salvor::io
