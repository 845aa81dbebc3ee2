#include "io/random.h"

#include <sys/random.h>

#include <cstdlib>

#include "io/posix_call.h"

namespace salvor::io {
namespace {

class KernelRandom final : public Random {
 public:
  [[nodiscard]] uint64_t Next() const override {
    uint64_t bits = 0;
    const ssize_t got = Uninterrupted([&] { return ::getrandom(&bits, sizeof bits, 0); });
    // Up to 256 bytes are never cut short, and every kernel that runs this has the call. Guessable
    // dice would be worse than a stop.
    if (got != static_cast<ssize_t>(sizeof bits)) std::abort();
    return bits;
  }
};

}  // namespace

const Random& SystemRandom() {
  static const KernelRandom random;
  return random;
}

}  // namespace salvor::io
