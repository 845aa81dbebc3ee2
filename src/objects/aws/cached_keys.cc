#include "objects/aws/cached_keys.h"

#include <algorithm>
#include <utility>

namespace salvor::objects::aws {
namespace {

constexpr Millis kEarly{300'000};
constexpr Millis kRetryEarly{30'000};
// Keys that end while a request travels are of no use.
constexpr Millis kTravel{10'000};

}  // namespace

bool CachedKeys::Holds(Instant now) const {
  return keys_ && (!keys_->expires || now + kTravel < *keys_->expires);
}

Result<Keys> CachedKeys::Get() {
  const std::lock_guard lock(mutex_);
  const Instant asked = clock_.Now();
  if (Holds(asked) && (!renew_at_ || asked < *renew_at_)) return *keys_;
  auto fetched = source_->Fetch();
  const Instant now = clock_.Now();
  if (!fetched) {
    if (!Holds(now)) return Fail(std::move(fetched).error().At(origin_));
    renew_at_ = now + kRetryEarly;
    return *keys_;
  }
  keys_ = std::move(fetched).value();
  renew_at_.reset();
  if (keys_->expires) {
    const Millis life = std::max(*keys_->expires - now, Millis(0));
    renew_at_ = *keys_->expires - std::min(kEarly, life / 2);
  }
  return *keys_;
}

void CachedKeys::Reject(const Keys& keys) {
  const std::lock_guard lock(mutex_);
  if (keys_ && keys_->id == keys.id) keys_.reset();
}

}  // namespace salvor::objects::aws
