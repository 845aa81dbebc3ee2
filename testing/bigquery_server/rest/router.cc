#include "testing/bigquery_server/rest/router.h"

#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/field_mask.h"

namespace salvor::testing::bigquery {

namespace {

constexpr std::array<std::string_view, 13> kEveryMethod = {
    "alt",         "fields",    "key",        "prettyPrint", "access_token",
    "oauth_token", "quotaUser", "uploadType", "upload_id",   "upload_protocol",
    "callback",    "$.xgafv",   "userIp"};

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

// "{tableId}:getIamPolicy" takes "t:getIamPolicy", and "{tableId}" takes what has no such verb.
bool Takes(std::string_view pattern, std::string_view segment,
           std::map<std::string, std::string>& parts) {
  if (pattern.empty() || pattern.front() != '{') return pattern == segment;
  const size_t close = pattern.find('}');
  const std::string_view verb = pattern.substr(close + 1);
  if (segment.size() <= verb.size() || !segment.ends_with(verb)) return false;
  const std::string_view value = segment.substr(0, segment.size() - verb.size());
  parts[std::string(pattern.substr(1, close - 1))] = std::string(value);
  return true;
}

bool Matches(const Route& route, Call& call, const std::vector<std::string_view>& segments) {
  if (route.method != call.method) return false;
  const auto wanted = Segments(route.pattern);
  if (wanted.size() != segments.size()) return false;
  call.parts.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!Takes(wanted[i], segments[i], call.parts)) return false;
  }
  return true;
}

Status CheckParameters(const Route& route, const Call& call) {
  for (const auto& [name, value] : call.query) {
    const auto known = [&](const auto& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (known(kEveryMethod) || known(route.parameters)) continue;
    return Refuse("badRequest", "Invalid JSON payload received. Unknown name \"" + name +
                                    "\": Cannot bind query parameter.");
  }
  return Done{};
}

Result<Json> ParseBody(const Call& call) {
  if (call.body.empty() || call.Header("content-type").find("json") == std::string::npos) {
    return Json(Json::object());
  }
  Json json = Json::parse(call.body, nullptr, false);
  if (json.is_discarded()) return Refuse("parseError", "Parse Error: the body is not JSON");
  if (!json.is_object()) return Refuse("parseError", "Parse Error: the body is no object");
  return json;
}

Result<Answer> Handle(World& world, const Route& route, Call& call) {
  std::string token = call.Header("authorization");
  token = token.starts_with("Bearer ") ? token.substr(7) : call.Query("access_token");
  SALVOR_TRY(call.principal, world.authority.PrincipalOf(token));
  SALVOR_OK(CheckParameters(route, call));
  SALVOR_TRY(call.json, ParseBody(call));
  return route.handle(world, call);
}

}  // namespace

const std::vector<Route>& Routes() {
  static const std::vector<Route> routes = [] {
    std::vector<Route> all;
    for (auto* part : {DatasetRoutes, TableRoutes, TabledataRoutes, JobRoutes, QueryRoutes,
                       UploadRoutes, PolicyRoutes, ProjectRoutes, DiscoveryRoutes, AdminRoutes}) {
      for (Route& route : part()) all.push_back(std::move(route));
    }
    // "{tableId}:verb" before "{tableId}".
    std::stable_partition(all.begin(), all.end(), [](const Route& route) {
      return route.pattern.find("}:") != std::string_view::npos;
    });
    return all;
  }();
  return routes;
}

const Route* FindRoute(Call& call) {
  const auto segments = Segments(call.path);
  for (const Route& route : Routes()) {
    if (Matches(route, call, segments)) return &route;
  }
  return nullptr;
}

Answer Serve(World& world, Call& call) {
  Result<Answer> answer = Refuse("notFound", "Not Found: " + call.method + " " + call.path);
  const Route* route = FindRoute(call);
  if (route != nullptr) {
    ++world.meters.requests[std::string(route->id)];
    try {
      answer = Handle(world, *route, call);
    } catch (const nlohmann::json::exception& error) {  // a member of another type than it must be
      answer = Refuse("badRequest", std::string("Invalid JSON payload received. ") + error.what());
    }
  }
  if (!answer) {
    const Json body = ErrorBody(answer.error(), "internalError");
    return {body["error"]["code"].get<int>(), body};
  }
  const std::string fields = call.Query("fields");
  if (!fields.empty() && answer->body.is_object()) answer->body = Masked(answer->body, fields);
  return std::move(*answer);
}

}  // namespace salvor::testing::bigquery
