// The job that stands before all others of a plan's apply: it reads nothing, writes nothing, and is
// there. As long as its id is free, no run of this plan, on whatever machine, has begun to write,
// and one question tells that of every planned partition. Its outcome means nothing.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

JobRef MarkerOf(const model::Plan& plan, const std::string& plan_digest);

// Takes the id, or finds it taken. Before the first write, durable on return; may be called again.
Status PlaceMarker(const OpenedPlan& opened);

// Nothing if no run has begun. kPermission if it is somebody else's and may not be read.
Result<std::optional<Job>> FindMarker(const OpenedPlan& opened);

}  // namespace salvor::bigquery
