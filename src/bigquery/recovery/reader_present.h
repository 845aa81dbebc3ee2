// What the planned partitions hold now. Changes nothing; may be called again.
#pragma once

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// As TableReader::LookAgain. kStale where somebody made a deleted table again, and otherwise.
Result<warehouse::Present> ReadPresent(const Connection& connection, const model::Plan& plan);

}  // namespace salvor::bigquery
