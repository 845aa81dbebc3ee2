// Paths to handlers. One table of routes; discovery is made from the same table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "testing/bigquery_server/rest/call.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

struct Route {
  std::string_view id;                       // "tables.get"
  std::string_view method;                   // "GET"
  std::string_view pattern;                  // "/bigquery/v2/projects/{projectId}/datasets"
  std::vector<std::string_view> parameters;  // of the query, beside those that every method takes
  Result<Answer> (*handle)(World&, const Call&);
};

const std::vector<Route>& Routes();

// The route for the call, its parts filled in; nullptr if there is none.
const Route* FindRoute(Call& call);
// Answers the call: who, which parameters, which handler. Everything that can go wrong becomes an
// answer in Google's error shape.
Answer Serve(World& world, Call& call);

// Defined beside their handlers.
std::vector<Route> DatasetRoutes();
std::vector<Route> TableRoutes();
std::vector<Route> TabledataRoutes();
std::vector<Route> JobRoutes();
std::vector<Route> QueryRoutes();
std::vector<Route> UploadRoutes();
std::vector<Route> PolicyRoutes();
std::vector<Route> ProjectRoutes();
std::vector<Route> DiscoveryRoutes();
std::vector<Route> AdminRoutes();

}  // namespace salvor::testing::bigquery
