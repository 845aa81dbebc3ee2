#include "objects/store/address.h"

#include <algorithm>

namespace salvor::objects {
namespace {

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, with the capitals
// and underscores of buckets from before 2018.
bool IsBucket(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return name.size() >= 3 && name.size() <= 255 && name.front() != '.' && name.back() != '.' &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), allowed);
}

// A client or proxy that tidies paths would send such a request elsewhere.
bool IsSegment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != "..";
}

}  // namespace

std::string Address::Text() const {
  return scheme + "://" + bucket + (key.empty() ? "" : "/" + key);
}

std::string Address::Below(std::string_view name) const {
  return key.empty() ? std::string(name) : key + "/" + std::string(name);
}

std::string_view SchemeOf(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view scheme = text.substr(0, end);
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return plain ? scheme : std::string_view();
}

Result<Address> ParseAddress(std::string_view text) {
  const std::string_view scheme = SchemeOf(text);
  const auto fail = [&](std::string what) {
    return Fail(Code::kInvalidArgument, std::move(what), std::string(text),
                "Write s3://BUCKET/PREFIX");
  };
  if (scheme != "s3" && scheme != "s3a") return fail("not an address of an object store");
  std::string_view rest = text.substr(scheme.size() + 3);
  const size_t slash = std::min(rest.find('/'), rest.size());
  Address address{"s3", std::string(rest.substr(0, slash)), {}};
  if (!IsBucket(address.bucket)) return fail("not the name of a bucket");
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  if (rest.starts_with('/')) return fail("the path has an empty or dotted part");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  address.key = std::string(rest);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    if (!IsSegment(rest.substr(0, end))) return fail("the path has an empty or dotted part");
    if (end + 1 == rest.size()) return fail("the path has an empty or dotted part");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return address;
}

}  // namespace salvor::objects
