// Is staging private? Asks the service who may read the source and who may read staging.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/rest/table_name.h"
#include "model/plan.h"

namespace salvor::bigquery {

// What was found, for people and for the proof. `copies` are the private tables that are there
// already. kRefused, by name, if somebody may read staging who may not read the source, or if that
// cannot be looked up (unless the plan says allow_unchecked_iam, which the text then says too).
// Public access is refused even then.
Result<std::string> CheckPrivate(const Connection& connection, const model::Plan& plan,
                                 const DatasetName& staging, const std::vector<TableName>& copies);

// What of who may read this table, on the table itself or on what encloses it, cannot be looked up:
// CheckPrivate refuses then.
Result<std::vector<std::string>> UnreadableRights(Api& api, const TableName& table);

}  // namespace salvor::bigquery
