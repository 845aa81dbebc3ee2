// Staying below a quota of the form "at most N in any T".
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/instant.h"
#include "io/clock.h"

namespace salvor::http {

// Lets at most `limit` starts through of which the far side can count more than `limit` in no span
// of `window`, as fast as that allows. A request is counted there at some time between its start
// and its answer, and requests overtake each other, so a start is free again when the window has
// passed since the answer. Thread-safe.
class RateLimiter {
 public:
  // One request under way. It has landed when this goes out of scope.
  class Start {
   public:
    Start(Start&& other) noexcept : pace_(std::exchange(other.pace_, nullptr)), id_(other.id_) {}
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;
    Start& operator=(Start&&) = delete;
    ~Start() {
      if (pace_ != nullptr) pace_->Land(id_);
    }

   private:
    friend class RateLimiter;
    Start(RateLimiter* pace, int64_t id) : pace_(pace), id_(id) {}
    RateLimiter* pace_;
    int64_t id_;
  };

  // `limit` at least 1. The clock outlives the pace, and the pace its starts; being set back costs
  // one window at most.
  RateLimiter(int64_t limit, Millis window, const io::Clock& clock);

  // Returns when the caller may start. Each waits for the one that asked `limit` before it.
  Start Await();

  // How long from now until the last of `count` more could start, if each lands at once and nobody
  // else starts anything.
  [[nodiscard]] Millis TimeToStart(int64_t count) const;

 private:
  void Land(int64_t id);

  const int64_t limit_;
  const Millis window_;
  const io::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable landed_;
  int64_t next_ = 0;
  std::map<int64_t, std::optional<Instant>> starts_;  // when they landed; nothing: not yet
};

}  // namespace salvor::http
