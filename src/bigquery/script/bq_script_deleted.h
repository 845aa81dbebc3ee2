// As bq_script.h, of a deleted table: it is copied from table@instant, made again by a statement,
// and filled by one job, by the ids that salvor would use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"

namespace salvor::bigquery {

Result<std::string> WriteDeletedByHand(const Connection& connection, const model::Plan& plan,
                                       const Planned& planned);
// Until the private copy is there, nobody knows which of two jobs fills the table: then the costly
// one is listed too, behind a comment, if the plan allows it.
Result<std::vector<std::string>> ListDeletedCommands(const Connection& connection,
                                                     const model::Plan& plan,
                                                     const Planned& planned);

}  // namespace salvor::bigquery
