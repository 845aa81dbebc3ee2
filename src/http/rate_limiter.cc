#include "http/rate_limiter.h"

#include <algorithm>

namespace salvor::http {

RateLimiter::RateLimiter(int64_t limit, Millis window, const io::Clock& clock)
    : limit_(std::max<int64_t>(limit, 1)), window_(window), clock_(clock) {}

// Of any `limit` + 1 starts two are a multiple of `limit` apart, so that at least a window lies
// between the answer to the first and the start of the second.
RateLimiter::Start RateLimiter::Await() {
  std::unique_lock lock(mutex_);
  const int64_t id = next_++;
  starts_[id] = std::nullopt;
  const auto before = starts_.find(id - limit_);
  if (before == starts_.end()) return {this, id};
  landed_.wait(lock, [&] { return before->second.has_value(); });
  // More than a window: the clock was set back.
  const Millis wait = std::min(*before->second + window_ - clock_.Now(), window_);
  starts_.erase(before);
  lock.unlock();
  if (wait > Millis(0)) clock_.Sleep(wait);
  return {this, id};
}

void RateLimiter::Land(int64_t id) {
  const std::lock_guard lock(mutex_);
  starts_[id] = clock_.Now();
  landed_.notify_all();
}

Millis RateLimiter::TimeToStart(int64_t count) const {
  if (count <= 0) return Millis(0);
  const std::lock_guard lock(mutex_);
  const int64_t last = next_ + count - 1;
  // The starts repeat themselves, one window later for every `limit` of them.
  const int64_t rounds = (last - next_) / limit_ + 1;
  const Millis later = window_ * (rounds - 1);
  const auto before = starts_.find(last - rounds * limit_);
  if (before == starts_.end()) return later;
  const Instant now = clock_.Now();
  return later + std::max(before->second.value_or(now) + window_ - now, Millis(0));
}

}  // namespace salvor::http
