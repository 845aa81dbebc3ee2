#include "objects/aws/keys.h"

#include <openssl/crypto.h>

namespace salvor::objects::aws {

// Swapped, not moved: a short text that is moved leaves its characters behind.
Keys::Keys(Keys&& other) noexcept : expires(other.expires) {
  id.swap(other.id);
  secret.swap(other.secret);
  token.swap(other.token);
}

Keys& Keys::operator=(Keys other) noexcept {
  id.swap(other.id);
  secret.swap(other.secret);
  token.swap(other.token);
  expires.swap(other.expires);
  return *this;
}

Keys::~Keys() {
  OPENSSL_cleanse(secret.data(), secret.size());
  OPENSSL_cleanse(token.data(), token.size());
}

}  // namespace salvor::objects::aws
