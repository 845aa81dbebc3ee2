// Who may do what: principals behind bearer tokens, roles, and the bindings on projects, datasets
// and tables. Nothing is bound by default but the one owner of every project. Source:
// bigquery/docs/access-control (roles and permissions), rest/v2/datasets#access.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/store/store.h"

namespace salvor::testing::bigquery {

inline constexpr std::string_view kDefaultOwner = "owner@example.com";

class Authority {
 public:
  explicit Authority(Store& store) : store_(store) {}

  // A token that no test named belongs to the owner. authError for one that was revoked.
  void NameToken(const std::string& token, const std::string& principal);
  void RevokeToken(const std::string& token);
  Result<std::string> PrincipalOf(const std::string& token) const;

  void DefineRole(const std::string& role, std::set<std::string> permissions);
  void SetGroup(const std::string& group, std::set<std::string> members);

  [[nodiscard]] bool MayOnProject(const std::string& who, std::string_view permission,
                                  const std::string& project);
  [[nodiscard]] bool MayOnDataset(const std::string& who, std::string_view permission,
                                  const Dataset& dataset);
  [[nodiscard]] bool MayOnTable(const std::string& who, std::string_view permission,
                                const Table& table);
  // accessDenied in the service's words.
  Status WantProject(const std::string& who, std::string_view permission,
                     const std::string& project);
  Status WantDataset(const std::string& who, std::string_view permission, const Dataset& dataset);
  Status WantTable(const std::string& who, std::string_view permission, const Table& table);

  // The access entries of a dataset that was created without any.
  static Json DefaultAccess(const std::string& creator);
  // The project's policy: the owner's, until somebody sets another.
  Json PolicyOf(const std::string& project);
  // "user:a@x", "group:g@x", "domain:x", "allUsers" ...
  [[nodiscard]] bool IsMember(const std::string& who, const std::string& member) const;
  // Unknown roles, malformed members: 400.
  Status CheckPolicy(const Json& policy) const;

 private:
  [[nodiscard]] bool RoleHas(const std::string& role, std::string_view permission) const;
  [[nodiscard]] bool PolicyGives(const std::string& who, std::string_view permission,
                                 const Json& policy) const;
  [[nodiscard]] bool EntryGives(const std::string& who, std::string_view permission,
                                const Json& entry, const std::string& project);

  Store& store_;
  std::map<std::string, std::string> tokens_;
  std::set<std::string> revoked_;
  std::map<std::string, std::set<std::string>> own_roles_;
  std::map<std::string, std::set<std::string>> groups_;
};

// The permissions of a predefined role, in one place; nullptr for a role that is not known.
const std::set<std::string_view>* PredefinedRole(std::string_view role);

}  // namespace salvor::testing::bigquery
