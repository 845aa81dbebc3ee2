// What the jobs of others deleted after an instant: it may have been meant, and would come back.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "bigquery/history/jobs_view.h"

namespace salvor::bigquery {

// Jobs that ended after `from` and not after `until` and whose deletions or changes the snapshots
// do not have, a line each with who ran them: DELETE and UPDATE also where they found no row,
// because the rows may have been lost already; MERGE that changed rows; what emptied or replaced
// the table. `when` says when that was, and `advice` what to do. What salvor did is left out.
std::vector<std::string> DeletionsToRepeat(const std::vector<TableJob>& jobs, Instant from,
                                           Instant until, const std::string& when,
                                           const std::string& advice);

}  // namespace salvor::bigquery
