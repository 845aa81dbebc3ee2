// Before a write: are rows of the planned partitions in the streaming buffer?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"

namespace salvor::bigquery {

// kRefused, naming the partitions among `which` that have such rows.
Status RefuseBuffered(const Connection& connection, const model::Plan& plan, const Planned& planned,
                      const Table& today, const std::vector<size_t>& which,
                      const std::string& then);

}  // namespace salvor::bigquery
