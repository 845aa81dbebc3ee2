// The discovery document, made from the table of routes. Source: discovery/v1/reference/apis.
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

constexpr std::string_view kService = "/bigquery/v2/";

Json TextParameter(std::string_view location) {
  return {{"type", "string"}, {"location", location}};
}

// "projects/{+projectId}/datasets/{+datasetId}", and the names in braces, in their order.
std::string PathOf(std::string_view pattern, Json& parameters, Json& order) {
  std::string path;
  for (size_t i = 0; i < pattern.size(); ++i) {
    path += pattern[i];
    if (pattern[i] != '{') continue;
    const std::string name(pattern.substr(i + 1, pattern.find('}', i) - i - 1));
    path += '+';
    parameters[name] = TextParameter("path");
    parameters[name]["required"] = true;
    order.push_back(name);
  }
  return path;
}

Json MethodOf(const Route& route) {
  Json parameters = Json::object();
  Json order = Json::array();
  const std::string path = PathOf(route.pattern.substr(kService.size()), parameters, order);
  for (const std::string_view name : route.parameters) {
    parameters[std::string(name)] = TextParameter("query");
  }
  Json method = {{"id", "bigquery." + std::string(route.id)},
                 {"path", path},
                 {"flatPath", path},
                 {"httpMethod", route.method},
                 {"parameters", std::move(parameters)},
                 {"parameterOrder", std::move(order)},
                 {"response", {{"$ref", "Anything"}}},
                 {"scopes", Json::array({"https://www.googleapis.com/auth/bigquery"})}};
  if (route.method != "GET" && route.method != "DELETE") {
    method["request"] = {{"$ref", "Anything"}};
  }
  if (route.id == "jobs.insert") {
    const std::string uploads = "upload/bigquery/v2/projects/{+projectId}/jobs";
    method["supportsMediaUpload"] = true;
    method["mediaUpload"] = {
        {"accept", Json::array({"*/*"})},
        {"protocols",
         {{"simple", {{"multipart", true}, {"path", "/" + uploads}}},
          {"resumable", {{"multipart", true}, {"path", "/resumable/" + uploads}}}}}};
  }
  return method;
}

Result<Answer> Describe(World&, const Call& call) {
  Json resources = Json::object();
  for (const Route& route : Routes()) {
    if (!route.pattern.starts_with(kService)) continue;
    const size_t dot = route.id.find('.');
    const std::string resource(route.id.substr(0, dot));
    const std::string method(route.id.substr(dot + 1));
    if (resource == "discovery") continue;
    resources[resource]["methods"][method] = MethodOf(route);
  }
  const std::string root = "http://" + call.host + "/";
  Json everywhere = Json::object();
  for (const char* name : {"alt", "fields", "key", "access_token", "oauth_token", "quotaUser",
                           "prettyPrint", "uploadType", "upload_protocol"}) {
    everywhere[name] = TextParameter("query");
  }
  return Answer{
      200,
      {{"kind", "discovery#restDescription"},
       {"discoveryVersion", "v1"},
       {"id", "bigquery:v2"},
       {"name", "bigquery"},
       {"version", "v2"},
       {"revision", "1"},
       {"title", "salvor's BigQuery test server"},
       {"protocol", "rest"},
       {"rootUrl", root},
       {"servicePath", "bigquery/v2/"},
       {"basePath", "/bigquery/v2/"},
       {"baseUrl", root + "bigquery/v2/"},
       {"batchPath", "batch/bigquery/v2"},
       {"parameters", std::move(everywhere)},
       {"schemas",
        {{"Anything", {{"id", "Anything"}, {"type", "object"}, {"properties", Json::object()}}}}},
       {"resources", std::move(resources)}}};
}

}  // namespace

std::vector<Route> DiscoveryRoutes() {
  return {
      {"discovery.rest", "GET", "/$discovery/rest", {"version", "labels"}, Describe},
      {"discovery.restBelow",
       "GET",
       "/bigquery/v2/$discovery/rest",
       {"version", "labels"},
       Describe},
      {"discovery.apis", "GET", "/discovery/v1/apis/bigquery/v2/rest", {"labels"}, Describe},
  };
}

}  // namespace salvor::testing::bigquery
