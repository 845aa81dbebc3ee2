#include "bigquery/access/staging_privacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "bigquery/access/readers.h"
#include "bigquery/jobs/job_runner.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

constexpr size_t kDeepestFolder = 16;

// Notes what the caller may not see; every other failure is one.
Result<Json> OrUnreadable(Result<Json> answer, const std::string& what, AccessFacts& facts) {
  if (answer) return answer;
  const Code code = answer.error().code;
  if (code != Code::kPermission && code != Code::kNotFound && code != Code::kUnsupported &&
      code != Code::kInvalidArgument) {
    return answer;
  }
  facts.unreadable.push_back(fmt::format("{} ({})", what, answer.error().what));
  return Json();
}

Status AddPolicies(Api& api, AccessFacts& facts) {
  std::string resource = "projects/" + facts.project;
  for (size_t depth = 0; depth < kDeepestFolder && !resource.empty(); ++depth) {
    facts.ancestry.push_back(resource);
    SALVOR_TRY(Json policy,
               OrUnreadable(api.CallResourceManager("POST", "/v3/" + resource + ":getIamPolicy",
                                                    {{"options", {{"requestedPolicyVersion", 3}}}}),
                            "who may what in " + resource, facts));
    if (!policy.is_null()) facts.policies[resource] = std::move(policy);
    if (resource.starts_with("organizations/")) break;
    SALVOR_TRY(Json about, OrUnreadable(api.CallResourceManager("GET", "/v3/" + resource),
                                        "what is above " + resource, facts));
    const auto parent = about.is_object() ? about.find("parent") : about.end();
    const bool named = about.is_object() && parent != about.end() && parent->is_string();
    resource = named ? parent->get<std::string>() : "";
    // Part of a path from here on.
    if (!resource.starts_with("folders/") && !resource.starts_with("organizations/")) break;
    if (resource.find_first_not_of("0123456789", resource.find('/') + 1) != std::string::npos) {
      return Fail(Code::kCorrupt, "the service names a parent that is none: " + resource);
    }
  }
  return Done{};
}

Result<AccessFacts> FactsOf(Api& api, const DatasetName& dataset,
                            const std::vector<TableName>& tables) {
  AccessFacts facts;
  facts.project = dataset.project;
  auto access = api.GetDatasetAccess(dataset);
  Result<Json> entries = Json::array();
  if (!access) {
    entries = Fail(std::move(access).error());
  } else if (*access) {
    entries = **access;
  } else {
    entries = Fail(Code::kNotFound, "there is no such dataset");
  }
  SALVOR_TRY(Json list, OrUnreadable(std::move(entries),
                                     "who may read dataset " + FormatName(dataset), facts));
  if (list.is_array()) facts.access = std::move(list);
  Json bindings = Json::array();
  for (const TableName& table : tables) {
    SALVOR_TRY(Json policy, OrUnreadable(api.GetTablePolicy(table),
                                         "who may read table " + FormatName(table), facts));
    if (!policy.is_object() || !policy.contains("bindings")) continue;
    for (const Json& binding : policy["bindings"]) bindings.push_back(binding);
  }
  facts.table_policy = {{"bindings", std::move(bindings)}};
  // Also where both lie in one project: its rights may be conditional on the dataset.
  SALVOR_OK(AddPolicies(api, facts));
  return facts;
}

// The person who runs this reads the source, if the service says so.
Result<std::vector<std::string>> ProvenReaders(const Connection& connection,
                                               const model::Plan& plan) {
  constexpr const char* kRead = "bigquery.tables.getData";
  auto granted = connection.api.TestPermissions(connection.table, {kRead});
  if (!granted || granted->empty()) return std::vector<std::string>();
  QueryOptions options;
  options.project = plan.pins.job_project;
  options.location = plan.pins.location;
  options.kms_key = *connection.kms_key;
  SALVOR_TRY(QueryAnswer answer,
             RunSelect(connection.api, connection.clock, "SELECT 1 AS one", options));
  return std::vector<std::string>{"user:" + answer.job.user};
}

std::string Listed(const std::vector<std::string>& lines) {
  constexpr size_t kShown = 10;
  const size_t shown = std::min(lines.size(), kShown);
  std::string text = fmt::format(
      " {}", fmt::join(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
  if (lines.size() > shown) text += fmt::format("; and {} more", lines.size() - shown);
  return text;
}

}  // namespace

Result<std::vector<std::string>> UnreadableRights(Api& api, const TableName& table) {
  SALVOR_TRY(AccessFacts facts, FactsOf(api, table.Dataset(), {table}));
  return std::move(facts.unreadable);
}

Result<std::string> CheckPrivate(const Connection& connection, const model::Plan& plan,
                                 const DatasetName& staging, const std::vector<TableName>& copies) {
  SALVOR_TRY(AccessFacts of_source,
             FactsOf(connection.api, connection.table.Dataset(), {connection.table}));
  SALVOR_TRY(AccessFacts of_staging, FactsOf(connection.api, staging, copies));
  SALVOR_TRY(PrivacyVerdict verdict, CompareReaders(of_source, of_staging, {}));
  if (!verdict.strangers.empty()) {
    SALVOR_TRY(const auto proven, ProvenReaders(connection, plan));
    SALVOR_TRY(verdict, CompareReaders(of_source, of_staging, proven));
  }
  if (!verdict.strangers.empty()) {
    std::vector<std::string> lines;
    for (const Reader& reader : verdict.strangers) {
      lines.push_back(fmt::format("{} ({})", reader.who, reader.from));
    }
    return Fail(Code::kRefused,
                "staging can be read by some who, for all that salvor can see, may not read the "
                "table:" +
                    Listed(lines),
                FormatName(staging), "Take these rights away, or choose another dataset");
  }
  if (!verdict.unknown.empty() && !plan.pins.allow_unchecked_iam) {
    return Fail(Code::kRefused,
                "what cannot be looked up is not private:" + Listed(verdict.unknown),
                FormatName(staging),
                "Get the right to look, or a person who is sure plans with --allow-unchecked-iam");
  }
  std::string text =
      fmt::format("{} of {}, each of whom may read the table",
                  Plural(static_cast<int64_t>(verdict.readers), "reader"), FormatName(staging));
  if (!verdict.unknown.empty()) {
    text += fmt::format("; NOT CHECKED (--allow-unchecked-iam): {}",
                        Plural(static_cast<int64_t>(verdict.unknown.size()), "place"));
  }
  return text;
}

}  // namespace salvor::bigquery
