#include "bigquery/access/readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

// Text of a member, or "".
std::string TextOf(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

bool IsOneOf(const auto& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Roles that let read rows, by their documentation.
bool CertainlyReads(std::string_view role) {
  constexpr std::array<std::string_view, 8> kReading{"READER",
                                                     "WRITER",
                                                     "OWNER",
                                                     "roles/bigquery.dataViewer",
                                                     "roles/bigquery.dataEditor",
                                                     "roles/bigquery.dataOwner",
                                                     "roles/bigquery.admin",
                                                     "roles/bigquery.studioAdmin"};
  return IsOneOf(kReading, role);
}

// Roles that do not, by their documentation. Whatever else there is might.
bool CertainlyDoesNotRead(std::string_view role) {
  constexpr std::array<std::string_view, 10> kHarmless{"roles/bigquery.metadataViewer",
                                                       "roles/bigquery.jobUser",
                                                       "roles/bigquery.user",
                                                       "roles/bigquery.readSessionUser",
                                                       "roles/bigquery.resourceViewer",
                                                       "roles/bigquery.resourceAdmin",
                                                       "roles/bigquery.resourceEditor",
                                                       "roles/bigquery.connectionUser",
                                                       "roles/resourcemanager.folderViewer",
                                                       "roles/browser"};
  return IsOneOf(kHarmless, role);
}

// Of a name as Principal writes it.
bool IsPublic(std::string_view member) {
  return member == "allusers" || member == "allauthenticatedusers" || member.starts_with("domain:");
}

// One spelling for one principal: a dataset's entries call a service account a user by e-mail.
std::string Principal(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  constexpr std::string_view kServiceAccount = "serviceaccount:";
  return text.starts_with(kServiceAccount) ? "user:" + text.substr(kServiceAccount.size()) : text;
}

// One member or entry that may or does read, before special groups are expanded.
struct Grant {
  std::string who;
  std::string role;
  std::string from;
  std::string condition;  // empty: always
};

// The people of a basic role, as the dataset's special groups mean it.
const char* RoleOfGroup(std::string_view group) {
  if (group == "projectReaders") return "roles/viewer";
  if (group == "projectWriters") return "roles/editor";
  if (group == "projectOwners") return "roles/owner";
  return nullptr;
}

class Expansion {
 public:
  explicit Expansion(const AccessFacts& facts) : facts_(facts) {}

  std::vector<Grant> Grants() {
    for (const Json& entry : facts_.access.is_array() ? facts_.access : Json::array()) {
      AddEntry(entry);
    }
    AddPolicy(facts_.table_policy, "the table");
    return std::move(grants_);
  }

  // What the project and those above it give to everything in them. The basic roles reach rows only
  // by way of the dataset's special groups, but nobody promises that.
  std::vector<Grant> Inherited() {
    for (const std::string& resource : facts_.ancestry) {
      const auto policy = facts_.policies.find(resource);
      if (policy != facts_.policies.end()) AddPolicy(policy->second, resource);
    }
    return std::move(grants_);
  }

 private:
  void AddEntry(const Json& entry) {
    const std::string role = TextOf(entry, "role");
    const Json condition =
        entry.is_object() && entry.contains("condition") ? entry["condition"] : Json();
    const std::string when = condition.is_null() ? "" : condition.dump();
    const std::string from = fmt::format("role {} of the dataset", role);
    constexpr std::array<std::pair<const char*, const char*>, 3> kMembers{
        {{"userByEmail", "user:"}, {"groupByEmail", "group:"}, {"domain", "domain:"}}};
    for (const auto& [field, prefix] : kMembers) {
      const std::string who = TextOf(entry, field);
      if (!who.empty()) return Add({prefix + Principal(who), role, from, when});
    }
    const std::string member = TextOf(entry, "iamMember");
    if (!member.empty()) return Add({Principal(member), role, from, when});
    const std::string group = TextOf(entry, "specialGroup");
    if (!group.empty()) return AddGroup(group, role, from, when);
    for (const char* kind : {"view", "routine", "dataset"}) {
      if (entry.is_object() && entry.contains(kind)) {
        return Add({fmt::format("authorised {} {}", kind, entry[kind].dump()), "READER",
                    "authorisation on the dataset", when});
      }
    }
    Add({"an access entry that salvor does not know: " + entry.dump(), "?", "the dataset", when});
  }

  void AddGroup(const std::string& group, const std::string& role, const std::string& from,
                const std::string& when) {
    const char* basic = RoleOfGroup(group);
    if (basic == nullptr) return Add({Principal(group), role, from, when});
    const auto policy = facts_.policies.find("projects/" + facts_.project);
    if (policy == facts_.policies.end()) {
      // Who that is could not be read: equal only to the same words of the same project.
      return Add({fmt::format("{} of project {}", group, facts_.project), role, from, when});
    }
    ForMembers(policy->second, [&](const std::string& bound, const std::string& member,
                                   const std::string& condition) {
      if (bound != basic) return;
      Add({member, role, fmt::format("{}, as {} of project {}", from, group, facts_.project),
           when + condition});
    });
  }

  void AddPolicy(const Json& policy, const std::string& resource) {
    ForMembers(policy, [&](const std::string& role, const std::string& member,
                           const std::string& condition) {
      Add({member, role, fmt::format("role {} of {}", role, resource), condition});
    });
  }

  static void ForMembers(const Json& policy, const auto& act) {
    const Json bindings =
        policy.is_object() && policy.contains("bindings") ? policy["bindings"] : Json::array();
    for (const Json& binding : bindings.is_array() ? bindings : Json::array()) {
      const Json members =
          binding.is_object() && binding.contains("members") ? binding["members"] : Json::array();
      const Json condition =
          binding.is_object() && binding.contains("condition") ? binding["condition"] : Json();
      for (const Json& member : members.is_array() ? members : Json::array()) {
        if (!member.is_string()) continue;
        act(TextOf(binding, "role"), Principal(member.get<std::string>()),
            condition.is_null() ? std::string() : condition.dump());
      }
    }
  }

  void Add(Grant grant) { grants_.push_back(std::move(grant)); }

  const AccessFacts& facts_;
  std::vector<Grant> grants_;
};

bool MayRead(const Grant& grant) { return !CertainlyDoesNotRead(grant.role); }

// A condition on the resource (its name, its tags) can hold for one table and not for another, in
// the same words: such a right is nobody's on the source's side, and somebody's on staging's. Of
// one type and service are both. Source: "Attribute reference for IAM Conditions".
bool DependsOnResource(const Grant& grant) {
  const std::string_view text = grant.condition;
  constexpr std::string_view kResource = "resource";
  for (size_t at = text.find(kResource); at != std::string::npos; at = text.find(kResource, at)) {
    at += kResource.size();
    const std::string_view member = text.substr(at);
    if (!member.starts_with(".type") && !member.starts_with(".service")) return true;
  }
  return false;
}

// Any other condition may not hold when it matters: only the same words on both sides are the same
// right.
std::string KeyOf(const Grant& grant) { return grant.who + "\n" + grant.condition; }

std::set<std::string> KnownReaders(const AccessFacts& source,
                                   const std::vector<std::string>& also) {
  std::set<std::string> known;
  for (const std::string& who : also) known.insert(Principal(who) + "\n");
  std::vector<Grant> grants = Expansion(source).Grants();
  for (Grant& grant : Expansion(source).Inherited()) grants.push_back(std::move(grant));
  for (const Grant& grant : grants) {
    if (CertainlyReads(grant.role) && !DependsOnResource(grant)) known.insert(KeyOf(grant));
  }
  return known;
}

}  // namespace

Result<PrivacyVerdict> CompareReaders(const AccessFacts& source, const AccessFacts& staging,
                                      const std::vector<std::string>& also) {
  const std::set<std::string> known = KnownReaders(source, also);
  PrivacyVerdict verdict;
  std::vector<Grant> grants = Expansion(staging).Grants();
  // What both inherit from the same places gives nobody more than they have, unless it depends on
  // the resource.
  AccessFacts shared = staging;
  AccessFacts apart = staging;
  const auto is_shared = [&](const std::string& one) { return IsOneOf(source.ancestry, one); };
  std::erase_if(apart.ancestry, is_shared);
  std::erase_if(shared.ancestry, std::not_fn(is_shared));
  for (Grant& grant : Expansion(apart).Inherited()) grants.push_back(std::move(grant));
  for (Grant& grant : Expansion(shared).Inherited()) {
    if (DependsOnResource(grant)) grants.push_back(std::move(grant));
  }
  std::set<std::string> seen;
  for (const Grant& grant : grants) {
    if (!MayRead(grant)) continue;
    if (IsPublic(grant.who)) {
      return Fail(Code::kRefused,
                  fmt::format("staging can be read by {} ({})", grant.who, grant.from), {},
                  "Take that right away first: a private copy is for the readers of the table");
    }
    if (!seen.insert(KeyOf(grant)).second) continue;
    if (known.contains(KeyOf(grant)) || known.contains(grant.who + "\n")) continue;
    const char* when = grant.condition.empty() ? "" : ", under a condition";
    verdict.strangers.push_back({grant.who, grant.from + when});
  }
  verdict.readers = seen.size();
  // What is not known of the source only makes its readers fewer.
  verdict.unknown = staging.unreadable;
  return verdict;
}

}  // namespace salvor::bigquery
