#include "testing/bigquery_server/json_value.h"

#include <algorithm>
#include <charconv>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

const Json* Find(const Json& json, std::string_view path) {
  const Json* at = &json;
  while (!path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    if (!at->is_object()) return nullptr;
    const auto member = at->find(std::string(path.substr(0, dot)));
    if (member == at->end() || member->is_null()) return nullptr;
    at = &*member;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

std::string TextAt(const Json& json, std::string_view path, std::string_view otherwise) {
  const Json* value = Find(json, path);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return value->get<std::string>();
  if (value->is_structured()) return std::string(otherwise);
  return value->dump();
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> NumberAt(const Json& json, std::string_view path) {
  return ParseNumber(TextAt(json, path));
}

bool FlagAt(const Json& json, std::string_view path, bool otherwise) {
  const std::string text = TextAt(json, path);
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  return otherwise;
}

Status RefuseUnknown(const Json& object, std::initializer_list<std::string_view> known,
                     std::string_view what) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return Refuse("badRequest", "Invalid JSON payload received. Unknown name \"" + name +
                                    "\" at '" + std::string(what) + "': Cannot find field.");
  }
  return Done{};
}

void MergePatch(Json& target, const Json& changes) {
  if (!changes.is_object() || !target.is_object()) {
    target = changes;
    return;
  }
  for (const auto& [name, value] : changes.items()) {
    if (value.is_null()) {
      target.erase(name);
    } else if (value.is_object() && target.contains(name)) {
      MergePatch(target[name], value);
    } else {
      target[name] = WithoutNulls(value);
    }
  }
}

Json WithoutNulls(const Json& json) {
  if (json.is_array()) {
    Json kept = Json::array();
    for (const Json& element : json) kept.push_back(WithoutNulls(element));
    return kept;
  }
  if (!json.is_object()) return json;
  Json kept = Json::object();
  for (const auto& [name, value] : json.items()) {
    if (!value.is_null()) kept[name] = WithoutNulls(value);
  }
  return kept;
}

}  // namespace salvor::testing::bigquery
