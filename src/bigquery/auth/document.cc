#include "bigquery/auth/document.h"

#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "bigquery/auth/secret.h"

namespace salvor::bigquery::auth {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytes = size_t{256} << 10U;
constexpr int kMaxDepth = 16;

void WipeTexts(Json& json) {
  if (json.is_string()) {
    Wipe(json.get_ref<std::string&>());
  } else if (json.is_structured()) {
    for (Json& child : json) WipeTexts(child);
  }
}

}  // namespace

Result<Document> Document::Parse(std::string_view bytes, Code code, std::string where) {
  if (bytes.size() > kMaxBytes) return Fail(code, "longer than 256 KiB", std::move(where));
  if (NestsDeeperThan(bytes, kMaxDepth)) return Fail(code, "nested too deeply", std::move(where));
  Json json = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    WipeTexts(json);
    return Fail(code, "not a JSON object", std::move(where));
  }
  return Document(std::move(json), code, std::move(where));
}

Document::~Document() { WipeTexts(json_); }

const Json* Document::Find(const char* name) const {
  const auto found = json_.find(name);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

Error Document::Not(const char* name, const char* wanted) const {
  return Wrong(std::string("field '") + name + "' is not " + wanted);
}

bool Document::Has(const char* name) const { return Find(name) != nullptr; }

Result<std::string> Document::Text(const char* name) const {
  SALVOR_TRY(std::string text, OptionalText(name));
  if (text.empty()) return Fail(Wrong(std::string("there is no '") + name + "'"));
  return text;
}

Result<std::string> Document::OptionalText(const char* name) const {
  const Json* const field = Find(name);
  if (field == nullptr) return std::string();
  if (!field->is_string()) return Fail(Not(name, "text"));
  return field->get<std::string>();
}

Result<int64_t> Document::Integer(const char* name) const {
  const Json* const field = Find(name);
  if (field == nullptr) return Fail(Wrong(std::string("there is no '") + name + "'"));
  if (field->is_number_unsigned() && field->get<uint64_t>() > uint64_t{INT64_MAX}) {
    return Fail(Not(name, "an integer"));
  }
  if (field->is_number_integer()) return field->get<int64_t>();
  if (field->is_string()) {
    if (const auto number = ParseInt64(field->get_ref<const std::string&>())) return *number;
  }
  return Fail(Not(name, "an integer"));
}

Result<bool> Document::Flag(const char* name) const {
  const Json* const field = Find(name);
  if (field == nullptr || !field->is_boolean()) return Fail(Not(name, "true or false"));
  return field->get<bool>();
}

Result<Document> Document::Object(const char* name) const {
  const Json* const field = Find(name);
  if (field == nullptr || !field->is_object()) return Fail(Not(name, "an object"));
  return Document(*field, code_, where_);
}

Result<std::vector<std::string>> Document::OptionalTexts(const char* name) const {
  std::vector<std::string> texts;
  const Json* const field = Find(name);
  if (field == nullptr) return texts;
  if (!field->is_array()) return Fail(Not(name, "a list"));
  for (const Json& item : *field) {
    if (!item.is_string()) return Fail(Not(name, "a list of texts"));
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<std::vector<std::pair<std::string, std::string>>> Document::OptionalPairs(
    const char* name) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Json* const field = Find(name);
  if (field == nullptr) return pairs;
  if (!field->is_object()) return Fail(Not(name, "an object"));
  for (const auto& [key, value] : field->items()) {
    if (!value.is_string()) return Fail(Not(name, "an object of texts"));
    pairs.emplace_back(key, value.get<std::string>());
  }
  return pairs;
}

}  // namespace salvor::bigquery::auth
