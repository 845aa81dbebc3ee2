// What the transactions that write are billed at most: by a dry run of each reading, before they
// run and, of a table's past, before there is a private copy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/sql/apply_transaction.h"

namespace salvor::bigquery {

// Of all readings together; each statement is asked for once.
Result<int64_t> CostOf(const Connection& connection, const std::string& location,
                       const std::vector<Reading>& readings);

// kRefused if that is more than --max-bytes-billed.
Status CheckAllowed(const Connection& connection, int64_t bytes);

}  // namespace salvor::bigquery
