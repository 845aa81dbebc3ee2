// Credentials that keep their keys.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "io/clock.h"
#include "objects/aws/key_source.h"
#include "objects/aws/keys.h"

namespace salvor::objects::aws {

// Does what Credentials promises, for any source. Keys are renewed 5 minutes before they end, or in
// the second half of their life if that is shorter; if that fails while they still hold, they are
// used on, and it is tried again after half a minute. One thread fetches, the others wait.
class CachedKeys final : public Credentials {
 public:
  // The clock outlives it.
  CachedKeys(const io::Clock& clock, std::unique_ptr<KeySource> source, std::string origin)
      : clock_(clock), source_(std::move(source)), origin_(std::move(origin)) {}

  Result<Keys> Get() override;
  void Reject(const Keys& keys) override;
  [[nodiscard]] std::string Origin() const override { return origin_; }

 private:
  [[nodiscard]] bool Holds(Instant now) const;

  const io::Clock& clock_;
  const std::unique_ptr<KeySource> source_;
  const std::string origin_;

  std::mutex mutex_;
  std::optional<Keys> keys_;
  std::optional<Instant> renew_at_;  // nothing: never
};

// Keys that stand in a file or a variable: read once.
class StaticKeys final : public Credentials {
 public:
  StaticKeys(Keys keys, std::string origin) : keys_(std::move(keys)), origin_(std::move(origin)) {}

  Result<Keys> Get() override { return keys_; }
  void Reject(const Keys& /*keys*/) override {}
  [[nodiscard]] std::string Origin() const override { return origin_; }

 private:
  const Keys keys_;
  const std::string origin_;
};

}  // namespace salvor::objects::aws
