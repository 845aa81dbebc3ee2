// As bq_script.h, of a deleted table: it is copied from table@instant, made again by a statement,
// and filled by one job, by the ids that salvor would use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

// A plan of a deleted table; puts the table to make and the private copy into it. Where that is not
// there, a draft of it with kNotCounted rows.
Result<std::string> WriteDeletedByHand(OpenedPlan& opened);
// Until the private copy is there, nobody knows which of two jobs fills the table: then the costly
// one is listed too, behind a comment, if the plan allows it.
Result<std::vector<std::string>> ListDeletedCommands(OpenedPlan& opened);

}  // namespace salvor::bigquery
