// Who salvor is to AWS: an access key, long-lived or of some hours.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::objects::aws {

// Wipes the secret parts when it goes. Best effort: the kernel and libcurl keep copies of their
// own.
struct Keys {
  std::string id;
  std::string secret;
  std::string token;               // of a session; "" of a long-lived key
  std::optional<Instant> expires;  // nothing: never

  Keys() = default;
  Keys(const Keys&) = default;
  Keys(Keys&& other) noexcept;
  Keys& operator=(Keys other) noexcept;
  ~Keys();
};

class Credentials {
 public:
  virtual ~Credentials() = default;
  // Keys that hold for some minutes yet: fetched when there are none, kept in memory, fetched anew
  // some minutes before they end. Thread-safe. kPermission: there are none, or they were refused;
  // kUnavailable: no answer; kCorrupt, kInvalidArgument, kRefused: a file, an answer or an address
  // is not acceptable.
  virtual Result<Keys> Get() = 0;
  // A request with these keys was answered that they are not good: if they are still the kept ones
  // and new ones can be had, they are not given out again.
  virtual void Reject(const Keys& keys) = 0;
  // Where they come from, for a person: "profile dev in /home/a/.aws/credentials". No secret.
  [[nodiscard]] virtual std::string Origin() const = 0;
};

}  // namespace salvor::objects::aws
