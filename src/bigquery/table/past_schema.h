// The columns that a table had, by a dry run: free, and read from the past itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// The service says of a query's columns whether they repeat, and may leave out that they are
// REQUIRED: where it says that of none, those that are so today are taken to have been so then.
// kTooLate as for a query.
Result<std::vector<Field>> FieldsAt(const Connection& connection, const Table& today, Instant at);

// What a query that reads every column of these partitions would process, as they were then.
Result<int64_t> BytesAt(const Connection& connection, const Table& today, Instant at,
                        const std::vector<std::string>& ids);

}  // namespace salvor::bigquery
