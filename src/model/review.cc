#include "model/review.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/document.h"

namespace salvor::model {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<IdentityKind, std::string_view>, 3> kIdentityKinds{{
    {IdentityKind::kOsUser, "os_user"},
    {IdentityKind::kPrincipal, "principal"},
    {IdentityKind::kSigner, "signer"},
}};

bool SameAddress(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool HasAddress(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return SameAddress(one, name); });
}

bool GoesBy(const Person& person, const Identity& identity) {
  if (identity.kind == IdentityKind::kOsUser) {
    return std::find(person.os_users.begin(), person.os_users.end(), identity.name) !=
           person.os_users.end();
  }
  return HasAddress(person.principals, identity.name) || HasAddress(person.emails, identity.name);
}

void AddTexts(Json& json, const char* name, const std::vector<std::string>& texts) {
  if (!texts.empty()) json[name] = texts;
}

Result<std::vector<std::string>> OptionalTexts(const Json& json, const char* name) {
  if (!json.contains(name)) return std::vector<std::string>();
  return TextsField(json, name);
}

Json PersonToJson(const Person& person) {
  Json json{{"name", person.name}};
  AddTexts(json, "principals", person.principals);
  AddTexts(json, "emails", person.emails);
  AddTexts(json, "os_users", person.os_users);
  return json;
}

Result<Person> PersonFromJson(const Json& json) {
  Person person;
  SALVOR_TRY(person.name, TextField(json, "name"));
  SALVOR_TRY(person.principals, OptionalTexts(json, "principals"));
  SALVOR_TRY(person.emails, OptionalTexts(json, "emails"));
  SALVOR_TRY(person.os_users, OptionalTexts(json, "os_users"));
  return person;
}

}  // namespace

std::string_view IdentityKindName(IdentityKind kind) {
  for (const auto& [candidate, name] : kIdentityKinds) {
    if (candidate == kind) return name;
  }
  return {};
}

Json PersonalIdentityToJson(const Identity& identity) {
  return {{"kind", IdentityKindName(identity.kind)}, {"name", identity.name}};
}

Result<Identity> PersonalIdentityFromJson(const Json& json) {
  SALVOR_TRY(const std::string kind, TextField(json, "kind"));
  Identity identity;
  SALVOR_TRY(identity.name, TextField(json, "name"));
  for (const auto& [candidate, name] : kIdentityKinds) {
    if (name != kind) continue;
    identity.kind = candidate;
    return identity;
  }
  return Fail(Code::kCorrupt, "unknown kind of identity '" + kind + "'");
}

std::optional<std::string> PersonOf(const std::vector<Person>& people, const Identity& identity) {
  for (const Person& person : people) {
    if (GoesBy(person, identity)) return person.name;
  }
  return std::nullopt;
}

Json PolicyToJson(const ReviewPolicy& policy) {
  Json json{{"approvals", policy.approvals}};
  if (policy.waived) json["waived"] = true;
  AddTexts(json, "distinct", policy.distinct);
  AddTexts(json, "group", policy.group);
  AddTexts(json, "signers", policy.signers);
  if (!policy.people.empty()) {
    Json people = Json::array();
    for (const Person& person : policy.people) people.push_back(PersonToJson(person));
    json["people"] = std::move(people);
  }
  return json;
}

Result<ReviewPolicy> PolicyFromJson(const Json& json) {
  ReviewPolicy policy;
  SALVOR_TRY(policy.approvals, IntegerField(json, "approvals"));
  if (json.contains("waived")) {
    SALVOR_TRY(policy.waived, FlagField(json, "waived"));
  }
  SALVOR_TRY(policy.distinct, OptionalTexts(json, "distinct"));
  SALVOR_TRY(policy.group, OptionalTexts(json, "group"));
  SALVOR_TRY(policy.signers, OptionalTexts(json, "signers"));
  if (json.contains("people")) {
    SALVOR_TRY(const Json people, ListField(json, "people"));
    for (const Json& entry : people) {
      SALVOR_TRY(Person person, PersonFromJson(entry));
      policy.people.push_back(std::move(person));
    }
  }
  return policy;
}

}  // namespace salvor::model
