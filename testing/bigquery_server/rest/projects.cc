// Projects: their list, their policies (Resource Manager's spelling), and who a token belongs to.
// Source: rest/v2/projects/list, resource-manager/reference/rest/v1/projects/getIamPolicy, and
// rest/v3/projects/get.
#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

Result<Answer> ListProjects(World& world, const Call& call) {
  std::vector<Json> all;
  for (const auto& [id, project] : world.store.catalogue().projects) {
    all.push_back({{"kind", "bigquery#project"},
                   {"id", id},
                   {"numericId", "1"},
                   {"friendlyName", id},
                   {"projectReference", {{"projectId", id}}}});
  }
  Json body = {{"kind", "bigquery#projectList"},
               {"etag", "\"list\""},
               {"totalItems", static_cast<int64_t>(all.size())}};
  SALVOR_OK(LayPage(all, "projects", call, body));
  return Answer{200, body};
}

Result<Answer> GetPolicy(World& world, const Call& call) {
  const std::string& project = call.Part("projectId");
  SALVOR_OK(world.authority.WantProject(call.principal, "resourcemanager.projects.getIamPolicy",
                                        project));
  return Answer{200, world.authority.PolicyOf(project)};
}

Result<Answer> SetPolicy(World& world, const Call& call) {
  const std::string& project = call.Part("projectId");
  SALVOR_OK(world.authority.WantProject(call.principal, "resourcemanager.projects.setIamPolicy",
                                        project));
  const Json policy = call.json.value("policy", Json::object());
  SALVOR_OK(world.authority.CheckPolicy(policy));
  world.store.ProjectOf(project).iam = policy;
  return Answer{200, policy};
}

Result<Answer> TestPermissions(World& world, const Call& call) {
  Json held = Json::array();
  for (const Json& permission : call.json.value("permissions", Json::array())) {
    if (world.authority.MayOnProject(call.principal, permission.get<std::string>(),
                                     call.Part("projectId"))) {
      held.push_back(permission);
    }
  }
  Json body = Json::object();
  if (!held.empty()) body["permissions"] = held;
  return Answer{200, body};
}

// Without ancestors: the project is alone in its organization.
Result<Answer> GetAncestry(World&, const Call& call) {
  return Answer{
      200,
      {{"ancestor",
        Json::array({{{"resourceId", {{"type", "project"}, {"id", call.Part("projectId")}}}}})}}};
}

// Resource Manager 3 without a parent, which is to say: in no folder and no organization.
Result<Answer> GetProject(World& world, const Call& call) {
  const std::string& project = call.Part("projectId");
  SALVOR_OK(world.authority.WantProject(call.principal, "resourcemanager.projects.get", project));
  return Answer{200, {{"name", "projects/1"}, {"projectId", project}, {"state", "ACTIVE"}}};
}

Result<Answer> UserInfo(World&, const Call& call) {
  return Answer{200, {{"email", call.principal}, {"email_verified", true}, {"sub", "1"}}};
}

}  // namespace

std::vector<Route> ProjectRoutes() {
  return {
      {"projects.list", "GET", "/bigquery/v2/projects", {"maxResults", "pageToken"}, ListProjects},
      {"resourcemanager.getIamPolicy",
       "POST",
       "/v1/projects/{projectId}:getIamPolicy",
       {},
       GetPolicy},
      {"resourcemanager.get", "GET", "/v3/projects/{projectId}", {}, GetProject},
      {"resourcemanager.getIamPolicy",
       "POST",
       "/v3/projects/{projectId}:getIamPolicy",
       {},
       GetPolicy},
      {"resourcemanager.setIamPolicy",
       "POST",
       "/v1/projects/{projectId}:setIamPolicy",
       {},
       SetPolicy},
      {"resourcemanager.testIamPermissions",
       "POST",
       "/v1/projects/{projectId}:testIamPermissions",
       {},
       TestPermissions},
      {"resourcemanager.getAncestry",
       "POST",
       "/v1/projects/{projectId}:getAncestry",
       {},
       GetAncestry},
      {"oauth2.userinfo", "GET", "/oauth2/v3/userinfo", {}, UserInfo},
      {"oauth2.tokeninfo", "GET", "/oauth2/v3/tokeninfo", {"access_token"}, UserInfo},
  };
}

}  // namespace salvor::testing::bigquery
