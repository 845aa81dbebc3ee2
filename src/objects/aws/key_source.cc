#include "objects/aws/key_source.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"

namespace salvor::objects::aws {
namespace {

constexpr int kMaxLevels = 8;

// "" where it is absent or null; nothing where it is no text.
std::optional<std::string> TextMember(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

Result<std::string> Ask(http::Client& client, const http::Request& request,
                        const std::string& where) {
  auto response = client.Send(request);
  if (!response) {
    Error error = std::move(response).error();
    if (error.code == Code::kOutcomeUnknown) error.code = Code::kUnavailable;
    return Fail(std::move(error).At(where));
  }
  if (response->status == 200) return std::move(response->body);
  const bool refused = response->status >= 400 && response->status < 500 && response->status != 429;
  return Fail(refused ? Code::kPermission : Code::kUnavailable,
              "it answered HTTP " + std::to_string(response->status), where);
}

Result<Keys> KeysFromJson(std::string_view text, const std::string& where) {
  const auto fail = [&](std::string what) { return Fail(Code::kCorrupt, std::move(what), where); };
  if (NestsDeeperThan(text, kMaxLevels)) return fail("not a document with keys");
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail("not a document with keys");
  const auto id = TextMember(json, "AccessKeyId");
  const auto secret = TextMember(json, "SecretAccessKey");
  auto token = TextMember(json, "SessionToken");
  if (token && token->empty()) token = TextMember(json, "Token");
  const auto expiration = TextMember(json, "Expiration");
  if (!id || !secret || !token || !expiration) return fail("a field of the keys is no text");
  if (id->empty() || secret->empty()) return fail("it gives no AccessKeyId or no SecretAccessKey");
  Keys keys;
  keys.id = *id;
  keys.secret = *secret;
  keys.token = *token;
  if (expiration->empty()) return keys;
  const auto instant = ParseInstant(*expiration);
  if (!instant) return fail("its Expiration is not an instant");
  keys.expires = *instant;
  return keys;
}

}  // namespace salvor::objects::aws
