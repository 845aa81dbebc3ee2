// What a statement reads and costs. Source: bigquery.com/pricing (10 MB at least for each table
// that is read, rounded up to the next MB), bigquery/docs/best-practices-costs
// (maximumBytesBilled); an UPDATE, DELETE or MERGE pays for the partitions that it changes beside
// what it reads (pricing, "on-demand compute: DML").
#pragma once

#include <cstdint>

#include "testing/bigquery_server/jobs/query_catalog.h"

namespace salvor::testing::bigquery {

struct QueryCost {
  int64_t processed = 0;
  int64_t billed = 0;
};

Result<QueryCost> CostOf(const Statement& statement, QueryCatalog& catalog, const World& world);

}  // namespace salvor::testing::bigquery
