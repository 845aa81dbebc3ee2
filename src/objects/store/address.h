// Where objects lie, as a person writes it: s3://bucket/prefix.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::objects {

struct Address {
  std::string scheme;  // "s3"
  std::string bucket;
  std::string key;  // of an object, or a prefix without a slash at its end; "" is the whole bucket

  // As Parse takes it.
  [[nodiscard]] std::string Text() const;
  // The key of what is called so below this one.
  [[nodiscard]] std::string Below(std::string_view name) const;
};

// "s3://bucket/a/b" and "s3a://…", which is how Spark says the same. A key is taken as it stands:
// nothing in it is unescaped. kInvalidArgument for any other text, a bucket's name that S3 does not
// allow, an empty segment ("a//b"), and "." or ".." as a segment.
Result<Address> ParseAddress(std::string_view text);

// The scheme of "scheme://…"; "" of any other text.
std::string_view SchemeOf(std::string_view text);

}  // namespace salvor::objects
