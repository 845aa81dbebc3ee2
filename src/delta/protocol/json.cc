#include "delta/protocol/json.h"

#include <limits>

#include "base/text.h"

namespace salvor::delta {
namespace {

const nlohmann::json* Find(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

auto WrongType(const char* name, const char* wanted) {
  return Fail(Code::kCorrupt, std::string("'") + name + "' is not " + wanted);
}

}  // namespace

Result<nlohmann::json> ParseJsonObject(std::string_view text) {
  if (NestsDeeperThan(text, kMaxJsonDepth)) return Fail(Code::kCorrupt, "JSON nested too deeply");
  nlohmann::json parsed = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return Fail(Code::kCorrupt, "not valid JSON");
  if (!parsed.is_object()) return Fail(Code::kCorrupt, "not a JSON object");
  return parsed;
}

Result<std::optional<std::string>> TextMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Find(object, name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_string()) return WrongType(name, "a string");
  return member->get<std::string>();
}

Result<std::optional<int64_t>> IntMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Find(object, name);
  if (member == nullptr) return std::nullopt;
  if (member->is_number_unsigned()) {
    const auto value = member->get<uint64_t>();
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return WrongType(name, "a 64-bit integer");
    return static_cast<int64_t>(value);
  }
  if (!member->is_number_integer()) return WrongType(name, "a 64-bit integer");
  return member->get<int64_t>();
}

Result<std::optional<bool>> BoolMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Find(object, name);
  if (member == nullptr) return std::nullopt;
  if (!member->is_boolean()) return WrongType(name, "true or false");
  return member->get<bool>();
}

Result<const nlohmann::json*> ObjectMember(const nlohmann::json& object, const char* name) {
  const nlohmann::json* member = Find(object, name);
  if (member != nullptr && !member->is_object()) return WrongType(name, "an object");
  return member;
}

}  // namespace salvor::delta
