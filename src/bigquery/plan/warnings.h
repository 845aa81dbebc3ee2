// What a person should know before the partitions are restored, a line each.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/examination.h"

namespace salvor::bigquery {

// Deletions after the first of the snapshots, which may have been meant and would be undone, with
// who ran them; who else wrote since, to be paused; and why that may be incomplete. From JOBS;
// kUnavailable.
Status WarnOfLaterDeletions(const Connection& connection, const Table& table,
                            const std::vector<model::Wanted>& wanted,
                            std::vector<std::string>& warnings);

// Rights on the table that persist or apply need and the caller lacks.
void WarnOfRights(const Connection& connection, std::vector<std::string>& warnings);

}  // namespace salvor::bigquery
