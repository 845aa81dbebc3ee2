// Before a write: are rows of the planned partitions in the streaming buffer?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

// kRefused, naming the partitions among `which` that have such rows.
Status RefuseBuffered(const OpenedPlan& opened, const std::vector<size_t>& which,
                      const std::string& then);

}  // namespace salvor::bigquery
