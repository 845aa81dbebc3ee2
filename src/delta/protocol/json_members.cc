#include "delta/protocol/json_members.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace salvor::delta {
namespace {

// Past the string that begins at `at`.
size_t EndOfString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

// Past the value that begins at `at`: at the comma or brace that follows it.
size_t EndOfValue(std::string_view text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = EndOfString(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}')) break;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return at;
}

// Where a member stands, or where it would.
struct Found {
  size_t begin = 0;  // of its name, with the quote
  size_t value = 0;
  size_t end = 0;
  bool there = false;
};

Found Find(std::string_view object, std::string_view name) {
  size_t at = 1;
  while (at < object.size() && object[at] == '"') {
    const size_t colon = EndOfString(object, at);
    if (colon + 1 >= object.size()) break;
    const std::string_view own = object.substr(at + 1, colon - at - 2);
    const size_t end = EndOfValue(object, colon + 1);
    if (own == name) return {at, colon + 1, end, true};
    if (own > name) return {at, 0, 0, false};
    at = end + 1;
  }
  return {object.empty() ? 0 : object.size() - 1, 0, 0, false};
}

}  // namespace

std::optional<std::string_view> MemberText(std::string_view object, std::string_view name) {
  const Found found = Find(object, name);
  if (!found.there) return std::nullopt;
  const std::string_view value = object.substr(found.value, found.end - found.value);
  return value == "null" ? std::nullopt : std::optional(value);
}

std::string WithMember(std::string_view object, std::string_view name, std::string_view value) {
  const Found found = Find(object, name);
  std::string changed;
  changed.reserve(object.size() + name.size() + value.size() + 4);
  changed += object.substr(0, found.there ? found.value : found.begin);
  if (!found.there) {
    const bool is_last = object.substr(found.begin) == "}";
    const bool is_only = object.size() <= 2;
    if (is_last && !is_only) changed += ',';
    changed.append("\"").append(name).append("\":").append(value);
    if (!is_last) changed += ',';
    return changed += object.substr(found.begin);
  }
  changed += value;
  return changed += object.substr(found.end);
}

std::string QuoteJson(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace salvor::delta
