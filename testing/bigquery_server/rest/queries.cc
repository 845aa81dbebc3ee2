// jobs.query and jobs.getQueryResults. Source: rest/v2/jobs/query, rest/v2/jobs/getQueryResults.
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

std::vector<Route> QueryRoutes() { return {}; }

}  // namespace salvor::testing::bigquery
