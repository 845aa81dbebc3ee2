// How deep a table stands in a chain of clones and snapshots.
#pragma once

#include <string>

#include "base/result.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// Why the service would not clone the table, with what to do; "" if it would, as far as can be
// seen: a table that it was cloned from and that is gone, or may not be seen, ends the search.
// Source: "Table clones: limitations", three at most. kUnavailable. May be repeated; free.
Result<std::string> WhyNotCloned(const Connection& connection, const Table& table);

}  // namespace salvor::bigquery
