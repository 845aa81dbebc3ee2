#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/config.h"
#include "config/fields.h"
#include "config/sections.h"
#include "config/yaml_tree.h"

namespace salvor::config {
namespace {

constexpr int64_t kMostApprovals = 100;

Result<BigQueryWarehouse> ReadBigQuery(const YamlNode& node, const std::string& name,
                                       const std::string& path) {
  SALVOR_TRY(const Fields fields, Fields::Of(node, name, path,
                                             {"project", "staging", "location", "job_project",
                                              "jobs_projects", "max_bytes_billed"}));
  BigQueryWarehouse warehouse;
  SALVOR_TRY(warehouse.project, fields.RequiredText("project"));
  SALVOR_TRY(warehouse.staging, fields.Text("staging"));
  if (!warehouse.staging.empty() && warehouse.staging.find('.') == std::string::npos) {
    return fields.Wrong("staging", "must be PROJECT.DATASET");
  }
  SALVOR_TRY(warehouse.location, fields.Text("location"));
  SALVOR_TRY(warehouse.job_project, fields.Text("job_project"));
  SALVOR_TRY(warehouse.jobs_projects, fields.Texts("jobs_projects"));
  SALVOR_TRY(warehouse.max_bytes_billed, fields.Integer("max_bytes_billed", 1, int64_t{1} << 50U));
  return warehouse;
}

bool IsUrl(std::string_view text) { return text.find("://") != std::string_view::npos; }

Result<DeltaWarehouse> ReadDelta(const YamlNode& node, const std::string& name,
                                 const std::string& path) {
  SALVOR_TRY(const Fields fields,
             Fields::Of(node, name, path, {"root", "staging", "region", "endpoint", "profile"}));
  DeltaWarehouse warehouse;
  SALVOR_TRY(std::string root, fields.RequiredText("root"));
  SALVOR_TRY(std::string staging, fields.Text("staging"));
  SALVOR_TRY(warehouse.region, fields.Text("region"));
  SALVOR_TRY(warehouse.endpoint, fields.Text("endpoint"));
  SALVOR_TRY(warehouse.profile, fields.Text("profile"));
  if (IsUrl(staging)) return fields.Wrong("staging", "must be a folder: no store can be that yet");
  if (root.starts_with("s3://")) {
    while (root.ends_with('/')) root.pop_back();
    if (!staging.empty())
      return fields.Wrong("staging", "has no use yet: tables in S3 are only looked at");
    warehouse.root = std::move(root);
    return warehouse;
  }
  if (IsUrl(root))
    return fields.Wrong("root",
                        "must be a folder or s3://BUCKET/PREFIX, as no other store is read");
  for (const char* const key : {"region", "endpoint", "profile"}) {
    if (fields.Find(key) != nullptr) return fields.Wrong(key, "is of tables in S3 alone");
  }
  warehouse.root = FromFolderOf(path, std::move(root));
  warehouse.staging = FromFolderOf(path, std::move(staging));
  return warehouse;
}

bool IsWarehouseName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name != "bigquery" &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

Result<Warehouse> ReadWarehouse(const YamlNode& node, const std::string& path) {
  const std::string name = "warehouses." + node.key;
  if (!IsWarehouseName(node.key)) {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' cannot be a warehouse's name", node.key),
                At(path, node.key_line),
                "Use letters, digits, - and _; 'bigquery' is taken already");
  }
  SALVOR_TRY(const Fields fields, Fields::Of(node, name, path, {"bigquery", "delta"}));
  Warehouse warehouse;
  warehouse.name = node.key;
  const YamlNode* bigquery = fields.Find("bigquery");
  const YamlNode* delta = fields.Find("delta");
  if ((bigquery == nullptr) == (delta == nullptr)) {
    return Fail(Code::kInvalidArgument, name + " must be either bigquery or delta",
                At(path, node.key_line));
  }
  if (bigquery != nullptr) {
    SALVOR_TRY(warehouse.bigquery, ReadBigQuery(*bigquery, name + ".bigquery", path));
  } else {
    SALVOR_TRY(warehouse.delta, ReadDelta(*delta, name + ".delta", path));
  }
  return warehouse;
}

Result<std::vector<std::string>> ReadDistinct(const Fields& fields) {
  constexpr std::array kRoles{model::kApprover, model::kAuthor, model::kOperator};
  SALVOR_TRY(std::vector<std::string> roles, fields.Texts("distinct"));
  for (const std::string& role : roles) {
    if (std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end()) continue;
    return fields.Wrong("distinct", fmt::format("has no role '{}'", role),
                        fmt::format("The nearest is '{}'; there are approver, author, operator",
                                    Nearest(role, {kRoles.begin(), kRoles.end()})));
  }
  std::sort(roles.begin(), roles.end());
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  if (roles.size() == 1)
    return fields.Wrong("distinct", "names one role: from whom shall it differ?");
  return roles;
}

Result<ReviewRules> ReadReview(const Fields& fields, const std::string& name,
                               const std::string& path) {
  ReviewRules rules;
  SALVOR_TRY(rules.approvals, fields.Integer("approvals", 0, kMostApprovals));
  if (const YamlNode* replace = fields.Find("replace"); replace != nullptr) {
    SALVOR_TRY(const Fields inner, Fields::Of(*replace, name + ".replace", path, {"approvals"}));
    SALVOR_TRY(rules.replace_approvals, inner.Integer("approvals", 1, kMostApprovals));
    if (!rules.replace_approvals)
      return fields.Wrong("replace", "says nothing: approvals is how many people must agree");
  }
  if (fields.Find("distinct") != nullptr) {
    SALVOR_TRY(rules.distinct, ReadDistinct(fields));
  }
  if (fields.Find("group") != nullptr) {
    SALVOR_TRY(rules.group, fields.Texts("group"));
    if (rules.group->empty()) return fields.Wrong("group", "is empty, so nobody could approve");
    std::sort(rules.group->begin(), rules.group->end());
  }
  return rules;
}

// Two people with one name of theirs in common would be one person under two names.
Status CheckAlone(const std::vector<model::Person>& people, const Fields& fields, const char* key,
                  model::IdentityKind kind, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto owner = model::PersonOf(people, {kind, name});
    if (!owner) continue;
    return fields.Wrong(key, fmt::format("has '{}', who is '{}' already", name, *owner));
  }
  return Done{};
}

Status ReadPeople(const YamlNode& node, const std::string& path, Config& config) {
  if (node.kind != YamlNode::Kind::kMap) {
    return Fail(Code::kInvalidArgument, "review.people must be a map from a name to a person",
                At(path, node.line));
  }
  for (const YamlNode& member : node.children) {
    SALVOR_TRY(const Fields fields, Fields::Of(member, "review.people." + member.key, path,
                                               {"principals", "emails", "os_users"}));
    model::Person person;
    person.name = member.key;
    SALVOR_TRY(person.principals, fields.Texts("principals"));
    SALVOR_TRY(person.emails, fields.Texts("emails"));
    SALVOR_TRY(person.os_users, fields.Texts("os_users"));
    using Kind = model::IdentityKind;
    SALVOR_OK(CheckAlone(config.people, fields, "principals", Kind::kSigner, person.principals));
    SALVOR_OK(CheckAlone(config.people, fields, "emails", Kind::kSigner, person.emails));
    SALVOR_OK(CheckAlone(config.people, fields, "os_users", Kind::kOsUser, person.os_users));
    config.people.push_back(std::move(person));
  }
  std::sort(config.people.begin(), config.people.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return Done{};
}

Status ReadReviewSection(const YamlNode& node, const std::string& path, Config& config) {
  SALVOR_TRY(const Fields fields, Fields::Of(node, "review", path,
                                             {"approvals", "allowed_signers", "revoked", "distinct",
                                              "group", "people", "ssh_keygen", "replace"}));
  SALVOR_TRY(config.review, ReadReview(fields, "review", path));
  SALVOR_TRY(std::string signers, fields.Text("allowed_signers"));
  SALVOR_TRY(std::string revoked, fields.Text("revoked"));
  config.allowed_signers = FromFolderOf(path, std::move(signers));
  config.revoked = FromFolderOf(path, std::move(revoked));
  SALVOR_TRY(config.ssh_keygen, fields.Text("ssh_keygen"));
  if (!config.ssh_keygen.empty() && !config.ssh_keygen.starts_with('/')) {
    return fields.Wrong("ssh_keygen", "must be an absolute path",
                        "A name would be looked for in PATH, which is anybody's to set");
  }
  const YamlNode* people = fields.Find("people");
  return people == nullptr ? Status(Done{}) : ReadPeople(*people, path, config);
}

Result<TableRules> ReadTable(const YamlNode& node, const std::string& path, const Config& config) {
  const std::string name = "tables." + node.key;
  SALVOR_TRY(const Fields fields, Fields::Of(node, name, path, {"review", "calendar", "sources"}));
  for (const char* later : {"calendar", "sources"}) {
    const YamlNode* found = fields.Find(later);
    if (found == nullptr) continue;
    return Fail(Code::kUnsupported,
                fmt::format("{}.{} is not understood by this version, and would decide what is "
                            "restored",
                            name, later),
                At(path, found->key_line), "Leave it out until a version that does");
  }
  SALVOR_TRY(const auto resolved, ResolveTable(config, node.key));
  if (!resolved) {
    std::vector<std::string_view> names;
    for (const Warehouse& one : config.warehouses) names.push_back(one.name);
    const std::string wanted = node.key.substr(0, node.key.find(':'));
    const std::string_view nearest = Nearest(wanted, names);
    return Fail(
        Code::kInvalidArgument,
        fmt::format("{} is not warehouse:dataset.table with a warehouse of this file", name),
        At(path, node.key_line),
        nearest.empty() ? "The file names no warehouses"
                        : fmt::format("The nearest warehouse is '{}'", nearest));
  }
  TableRules rules;
  rules.name = node.key;
  const YamlNode* review = fields.Find("review");
  if (review != nullptr) {
    SALVOR_TRY(const Fields inner, Fields::Of(*review, name + ".review", path,
                                              {"approvals", "distinct", "group", "replace"}));
    SALVOR_TRY(rules.review, ReadReview(inner, name + ".review", path));
  }
  return rules;
}

Status ReadSections(const Fields& root, const std::string& path, Config& config) {
  if (const YamlNode* warehouses = root.Find("warehouses"); warehouses != nullptr) {
    if (warehouses->kind != YamlNode::Kind::kMap) {
      return root.Wrong("warehouses", "must be a map from a name to a warehouse");
    }
    for (const YamlNode& member : warehouses->children) {
      SALVOR_TRY(Warehouse warehouse, ReadWarehouse(member, path));
      config.warehouses.push_back(std::move(warehouse));
    }
  }
  if (const YamlNode* review = root.Find("review"); review != nullptr) {
    SALVOR_OK(ReadReviewSection(*review, path, config));
  }
  if (const YamlNode* tables = root.Find("tables"); tables != nullptr) {
    if (tables->kind != YamlNode::Kind::kMap) {
      return root.Wrong("tables", "must be a map from warehouse:dataset.table to a table");
    }
    for (const YamlNode& member : tables->children) {
      SALVOR_TRY(TableRules rules, ReadTable(member, path, config));
      config.tables.push_back(std::move(rules));
    }
  }
  return Done{};
}

}  // namespace

Result<Config> ParseConfig(std::string_view bytes, const std::string& path) {
  SALVOR_TRY(const YamlNode tree, ParseYaml(bytes, path));
  SALVOR_TRY(const Fields root,
             Fields::Of(tree, "salvor.yaml", path, {"warehouses", "review", "tables", "tickets"}));
  Config config;
  config.path = path;
  SALVOR_OK(ReadSections(root, path, config));
  if (const YamlNode* tickets = root.Find("tickets"); tickets != nullptr) {
    SALVOR_TRY(config.tickets, ReadTickets(*tickets, path));
  }
  return config;
}

}  // namespace salvor::config
