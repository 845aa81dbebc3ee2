// Table policies, row-access policies. Source: rest/v2/tables/getIamPolicy,
// rest/v2/rowAccessPolicies.
#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

Result<Table*> TableOfCall(World& world, const Call& call) {
  return world.store.FindTable(
      {call.Part("projectId"), call.Part("datasetId"), call.Part("tableId")});
}

Json PolicyOf(const Table& table) {
  Json policy = table.iam;
  if (!policy.contains("version")) policy["version"] = 1;
  policy["etag"] = "BwX" + std::to_string(table.number) + "_" + std::to_string(table.revision);
  return policy;
}

Result<Answer> GetPolicy(World& world, const Call& call) {
  SALVOR_OK(RefuseUnknown(call.json, {"options"}, "getIamPolicy"));
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.getIamPolicy", *table));
  return Answer{200, PolicyOf(*table)};
}

Result<Answer> SetPolicy(World& world, const Call& call) {
  SALVOR_OK(RefuseUnknown(call.json, {"policy", "updateMask"}, "setIamPolicy"));
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.tables.setIamPolicy", *table));
  const Json policy = call.json.value("policy", Json::object());
  SALVOR_OK(world.authority.CheckPolicy(policy));
  const std::string etag = TextAt(policy, "etag");
  if (!etag.empty() && etag != PolicyOf(*table)["etag"]) {
    return Refuse("duplicate",
                  "There were concurrent policy changes. Please retry the whole "
                  "read-modify-write with exponential backoff.");
  }
  Store::Change change(world.store, world.clock.NowMs());
  table->iam = policy;
  world.store.Touch(*table, change.at_ms());
  SALVOR_OK(change.Commit());
  return Answer{200, PolicyOf(*table)};
}

Result<Answer> TestPermissions(World& world, const Call& call) {
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  Json held = Json::array();
  for (const Json& permission : call.json.value("permissions", Json::array())) {
    if (!permission.get<std::string>().starts_with("bigquery.")) {
      return Refuse("badRequest", "Invalid permission: " + permission.get<std::string>());
    }
    if (world.authority.MayOnTable(call.principal, permission.get<std::string>(), *table)) {
      held.push_back(permission);
    }
  }
  Json body = Json::object();
  if (!held.empty()) body["permissions"] = held;
  return Answer{200, body};
}

Result<Answer> ListRowPolicies(World& world, const Call& call) {
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.rowAccessPolicies.list", *table));
  std::vector<Json> all;
  for (Json policy : table->row_policies) {
    policy.erase("grantees");  // told by getIamPolicy alone
    policy.erase("duck");      // the filter as this server runs it
    all.push_back(std::move(policy));
  }
  Json body = Json::object();
  SALVOR_OK(LayPage(all, "rowAccessPolicies", call, body));
  return Answer{200, body};
}

Result<Answer> InsertRowPolicy(World& world, const Call& call) {
  SALVOR_OK(RefuseUnknown(call.json,
                          {"rowAccessPolicyReference", "filterPredicate", "grantees", "etag",
                           "creationTime", "lastModifiedTime"},
                          "rowAccessPolicy"));
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.rowAccessPolicies.create", *table));
  const std::string id = TextAt(call.json, "rowAccessPolicyReference.policyId");
  for (const Json& policy : table->row_policies) {
    if (TextAt(policy, "rowAccessPolicyReference.policyId") == id) {
      return Refuse("duplicate", "Already Exists: Row access policy " + id);
    }
  }
  Store::Change change(world.store, world.clock.NowMs());
  Json policy = call.json;
  policy["rowAccessPolicyReference"] = table->name.Reference();
  policy["rowAccessPolicyReference"]["policyId"] = id;
  policy["creationTime"] = FormatInstant(InstantOfMillis(change.at_ms()));
  policy["lastModifiedTime"] = policy["creationTime"];
  table->row_policies.push_back(policy);
  table->had_row_policies = true;
  world.store.Touch(*table, change.at_ms());
  SALVOR_OK(change.Commit());
  return Answer{200, policy};
}

Result<Answer> DeleteRowPolicy(World& world, const Call& call) {
  SALVOR_TRY(Table* const table, TableOfCall(world, call));
  SALVOR_OK(world.authority.WantTable(call.principal, "bigquery.rowAccessPolicies.delete", *table));
  const std::string id = call.Part("policyId");
  Json kept = Json::array();
  for (const Json& policy : table->row_policies) {
    if (TextAt(policy, "rowAccessPolicyReference.policyId") != id) kept.push_back(policy);
  }
  if (kept.size() == table->row_policies.size()) {
    return Refuse("notFound", "Not found: Row access policy " + id);
  }
  Store::Change change(world.store, world.clock.NowMs());
  table->row_policies = std::move(kept);
  world.store.Touch(*table, change.at_ms());
  SALVOR_OK(change.Commit());
  return Answer{204};
}

}  // namespace

std::vector<Route> PolicyRoutes() {
  constexpr std::string_view kRowPolicies =
      "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}/rowAccessPolicies";
  return {
      {"tables.getIamPolicy",
       "POST",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}:getIamPolicy",
       {},
       GetPolicy},
      {"tables.setIamPolicy",
       "POST",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}:setIamPolicy",
       {},
       SetPolicy},
      {"tables.testIamPermissions",
       "POST",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}:testIamPermissions",
       {},
       TestPermissions},
      {"rowAccessPolicies.list",
       "GET",
       kRowPolicies,
       {"pageSize", "pageToken", "maxResults"},
       ListRowPolicies},
      {"rowAccessPolicies.insert", "POST", kRowPolicies, {}, InsertRowPolicy},
      {"rowAccessPolicies.delete",
       "DELETE",
       "/bigquery/v2/projects/{projectId}/datasets/{datasetId}/tables/{tableId}/rowAccessPolicies/"
       "{policyId}",
       {"force"},
       DeleteRowPolicy},
  };
}

}  // namespace salvor::testing::bigquery
