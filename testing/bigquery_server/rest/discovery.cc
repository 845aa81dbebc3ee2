// The discovery document, made from the table of routes. Source: discovery/v1/reference/apis.
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

std::vector<Route> DiscoveryRoutes() { return {}; }

}  // namespace salvor::testing::bigquery
