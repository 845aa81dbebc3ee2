#include "http/pace.h"

#include <algorithm>

namespace salvor::http {

Pace::Pace(int64_t limit, Millis window, const io::Clock& clock)
    : limit_(static_cast<size_t>(std::max<int64_t>(limit, 1))), window_(window), clock_(clock) {}

Instant Pace::Slot(size_t ahead, Instant now) const {
  if (starts_.size() + ahead < limit_) return now;
  return std::max(now, starts_[starts_.size() + ahead - limit_] + window_);
}

void Pace::Await() {
  Millis wait{0};
  {
    const std::lock_guard lock(mutex_);
    const Instant now = clock_.Now();
    wait = Slot(0, now) - now;
    // Longer than the queue explains: the clock was set back, and the starts seem to lie ahead.
    const Millis longest = window_ * static_cast<int64_t>(waiting_ / limit_ + 1);
    if (wait > longest) {
      for (Instant& start : starts_) start -= wait - longest;
      wait = longest;
    }
    starts_.push_back(now + wait);
    if (starts_.size() > limit_) starts_.pop_front();
    if (wait > Millis(0)) ++waiting_;
  }
  if (wait <= Millis(0)) return;
  clock_.Sleep(wait);
  const std::lock_guard lock(mutex_);
  --waiting_;
}

Millis Pace::TimeToStart(int64_t count) const {
  if (count <= 0) return Millis(0);
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.Now();
  const auto last = static_cast<size_t>(count - 1);
  // The starts repeat themselves, one window later for every `limit` of them.
  const Millis rounds = window_ * static_cast<int64_t>(last / limit_);
  return rounds + (Slot(last % limit_, now) - now);
}

}  // namespace salvor::http
