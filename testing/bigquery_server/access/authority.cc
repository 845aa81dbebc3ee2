#include "testing/bigquery_server/access/authority.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

Error Denied(std::string_view kind, const std::string& name, std::string_view permission,
             std::string_view on) {
  return ApiError("accessDenied", "Access Denied: " + std::string(kind) + " " + name +
                                      ": Permission " + std::string(permission) + " denied on " +
                                      std::string(on) + " " + name + " (or it may not exist).");
}

// "user:a@x", "serviceAccount:a@x" -> kind and name.
std::pair<std::string, std::string> Split(const std::string& member) {
  const size_t colon = member.find(':');
  if (colon == std::string::npos) return {member, ""};
  return {member.substr(0, colon), member.substr(colon + 1)};
}

}  // namespace

void Authority::NameToken(const std::string& token, const std::string& principal) {
  tokens_[token] = principal;
  revoked_.erase(token);
}

void Authority::RevokeToken(const std::string& token) { revoked_.insert(token); }

Result<std::string> Authority::PrincipalOf(const std::string& token) const {
  if (revoked_.count(token) != 0) {
    return Refuse("authError", "Request had invalid authentication credentials.", "Authorization");
  }
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? std::string(kDefaultOwner) : found->second;
}

void Authority::DefineRole(const std::string& role, std::set<std::string> permissions) {
  own_roles_[role] = std::move(permissions);
}

void Authority::SetGroup(const std::string& group, std::set<std::string> members) {
  groups_[group] = std::move(members);
}

bool Authority::RoleHas(const std::string& role, std::string_view permission) const {
  const auto own = own_roles_.find(role);
  if (own != own_roles_.end()) return own->second.count(std::string(permission)) != 0;
  const auto* predefined = PredefinedRole(role);
  return predefined != nullptr && predefined->count(permission) != 0;
}

bool Authority::IsMember(const std::string& who, const std::string& member) const {
  if (member == "allUsers" || member == "allAuthenticatedUsers") return true;
  const auto [kind, name] = Split(member);
  if (kind == "user" || kind == "serviceAccount") return SameText(name, who);
  if (kind == "domain") return who.size() > name.size() && who.ends_with("@" + name);
  const auto group = groups_.find(name);
  return kind == "group" && group != groups_.end() && group->second.count(who) != 0;
}

bool Authority::PolicyGives(const std::string& who, std::string_view permission,
                            const Json& policy) const {
  const Json* bindings = Find(policy, "bindings");
  if (bindings == nullptr) return false;
  for (const Json& binding : *bindings) {
    if (!RoleHas(TextAt(binding, "role"), permission)) continue;
    for (const Json& member : binding.value("members", Json::array())) {
      if (IsMember(who, member.get<std::string>())) return true;
    }
  }
  return false;
}

Json Authority::PolicyOf(const std::string& project) {
  Project& found = store_.ProjectOf(project);
  if (!found.iam.empty()) return found.iam;
  return {{"version", 1},
          {"etag", "BwAAAAAAAAA="},
          {"bindings",
           Json::array({{{"role", "roles/owner"},
                         {"members", Json::array({"user:" + std::string(kDefaultOwner)})}}})}};
}

bool Authority::EntryGives(const std::string& who, std::string_view permission, const Json& entry,
                           const std::string& project) {
  if (!RoleHas(TextAt(entry, "role"), permission)) return false;
  const std::string special = TextAt(entry, "specialGroup");
  const std::map<std::string_view, std::string_view> basic = {{"projectReaders", "roles/viewer"},
                                                              {"projectWriters", "roles/editor"},
                                                              {"projectOwners", "roles/owner"}};
  if (special == "allAuthenticatedUsers") return true;
  if (const auto role = basic.find(special); role != basic.end()) {
    const Json policy = PolicyOf(project);
    for (const Json& binding : policy.value("bindings", Json::array())) {
      if (TextAt(binding, "role") != role->second) continue;
      for (const Json& member : binding.value("members", Json::array())) {
        if (IsMember(who, member.get<std::string>())) return true;
      }
    }
    return false;
  }
  if (const std::string name = TextAt(entry, "userByEmail"); !name.empty()) {
    return SameText(name, who);
  }
  for (const auto& [member, kind] : {std::pair{"groupByEmail", "group:"}, {"domain", "domain:"}}) {
    if (const std::string name = TextAt(entry, member); !name.empty()) {
      return IsMember(who, kind + name);
    }
  }
  const std::string member = TextAt(entry, "iamMember");
  return !member.empty() && IsMember(who, member);
}

bool Authority::MayOnProject(const std::string& who, std::string_view permission,
                             const std::string& project) {
  return PolicyGives(who, permission, PolicyOf(project));
}

bool Authority::MayOnDataset(const std::string& who, std::string_view permission,
                             const Dataset& dataset) {
  if (MayOnProject(who, permission, dataset.project)) return true;
  for (const Json& entry : dataset.body.value("access", Json::array())) {
    if (EntryGives(who, permission, entry, dataset.project)) return true;
  }
  return false;
}

bool Authority::MayOnTable(const std::string& who, std::string_view permission,
                           const Table& table) {
  if (PolicyGives(who, permission, table.iam)) return true;
  const auto dataset = store_.FindDataset(table.name.project, table.name.dataset);
  return dataset && MayOnDataset(who, permission, **dataset);
}

Status Authority::WantProject(const std::string& who, std::string_view permission,
                              const std::string& project) {
  if (MayOnProject(who, permission, project)) return Done{};
  return Refuse("accessDenied", "Access Denied: Project " + project + ": User does not have " +
                                    std::string(permission) + " permission in project " + project +
                                    ".");
}

Status Authority::WantDataset(const std::string& who, std::string_view permission,
                              const Dataset& dataset) {
  if (MayOnDataset(who, permission, dataset)) return Done{};
  return Fail(Denied("Dataset", dataset.Text(), permission, "dataset"));
}

Status Authority::WantTable(const std::string& who, std::string_view permission,
                            const Table& table) {
  if (MayOnTable(who, permission, table)) return Done{};
  return Fail(Denied("Table", table.name.Text(), permission, "table"));
}

Json Authority::DefaultAccess(const std::string& creator) {
  return Json::array({{{"role", "WRITER"}, {"specialGroup", "projectWriters"}},
                      {{"role", "OWNER"}, {"specialGroup", "projectOwners"}},
                      {{"role", "OWNER"}, {"userByEmail", creator}},
                      {{"role", "READER"}, {"specialGroup", "projectReaders"}}});
}

Status Authority::CheckPolicy(const Json& policy) const {
  SALVOR_OK(RefuseUnknown(policy, {"bindings", "etag", "version", "auditConfigs"}, "policy"));
  for (const Json& binding : policy.value("bindings", Json::array())) {
    SALVOR_OK(RefuseUnknown(binding, {"role", "members", "condition"}, "policy.bindings"));
    const std::string role = TextAt(binding, "role");
    if (PredefinedRole(role) == nullptr && own_roles_.count(role) == 0) {
      return Refuse("invalid", "Role " + role + " is not supported for this resource.");
    }
    for (const Json& member : binding.value("members", Json::array())) {
      if (!member.is_string()) return Refuse("invalid", "A member must be text");
    }
  }
  return Done{};
}

}  // namespace salvor::testing::bigquery
