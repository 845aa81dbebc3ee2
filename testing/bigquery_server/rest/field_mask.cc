#include "testing/bigquery_server/rest/field_mask.h"

#include <string>

namespace salvor::testing::bigquery {

namespace {

// The next selection up to a comma outside parentheses; taken off `mask`.
std::string_view Take(std::string_view& mask) {
  int depth = 0;
  size_t end = 0;
  for (; end < mask.size(); ++end) {
    if (mask[end] == '(') ++depth;
    if (mask[end] == ')') --depth;
    if (mask[end] == ',' && depth == 0) break;
  }
  const std::string_view taken = mask.substr(0, end);
  mask.remove_prefix(end < mask.size() ? end + 1 : end);
  return taken;
}

}  // namespace

Json Masked(const Json& json, std::string_view mask) {
  if (json.is_array()) {
    Json masked = Json::array();
    for (const Json& element : json) masked.push_back(Masked(element, mask));
    return masked;
  }
  if (!json.is_object()) return json;
  Json masked = Json::object();
  while (!mask.empty()) {
    std::string_view one = Take(mask);
    const size_t inner = one.find_first_of("/(");
    const std::string name(one.substr(0, inner));
    std::string_view below = inner == std::string_view::npos ? "*" : one.substr(inner + 1);
    if (inner != std::string_view::npos && one[inner] == '(') below.remove_suffix(1);
    if (name == "*") return json;
    const auto member = json.find(name);
    if (member == json.end()) continue;
    Json part = below == "*" ? *member : Masked(*member, below);
    if (masked.contains(name) && part.is_object()) {
      masked[name].update(part);
    } else {
      masked[name] = std::move(part);
    }
  }
  return masked;
}

}  // namespace salvor::testing::bigquery
