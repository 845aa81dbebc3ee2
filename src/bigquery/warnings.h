// What a person should know before the partitions are restored, a line each.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/connection.h"
#include "bigquery/jobs_view.h"
#include "model/examination.h"

namespace salvor::bigquery {

// Jobs that ended after `from` and not after `until` and whose deletions or changes the snapshots
// do not have, a line each with who ran them: DELETE and UPDATE also where they found no row,
// because the rows may have been lost already; MERGE that changed rows; what emptied or replaced
// the table. `when` says when that was, and `advice` what to do. What salvor did is left out.
std::vector<std::string> DeletionsToRepeat(const std::vector<TableJob>& jobs, Instant from,
                                           Instant until, const std::string& when,
                                           const std::string& advice);

// Deletions after the first of the snapshots, which may have been meant and would be undone, with
// who ran them; who else wrote since, to be paused; and why that may be incomplete. From JOBS;
// kUnavailable.
Status WarnOfLaterDeletions(const Connection& connection, const std::string& location,
                            const std::vector<model::Wanted>& wanted,
                            std::vector<std::string>& warnings);

// Rights on the table that persist or apply need and the caller lacks.
void WarnOfRights(const Connection& connection, std::vector<std::string>& warnings);

}  // namespace salvor::bigquery
