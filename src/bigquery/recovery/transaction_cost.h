// What the transactions of apply_transaction.h are billed, found before they run.
//
// A dry run of a script tells of its first statement only, and the statements after the change read
// rows that are not there yet. So each statement's readings are added up, table by table, by free
// dry runs of the same rows where they lie now; a table counts with the least that the service
// bills for one (statement_cost.h). Rows may come meanwhile: the figure is "about".
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

// The transaction that puts these partitions back, and the one that takes them out again. `today`
// need not be there yet (a deleted table): what it has then is taken for nothing.
Result<int64_t> CostOfApply(const OpenedPlan& opened, const std::vector<size_t>& which);
Result<int64_t> CostOfUndo(const OpenedPlan& opened, const std::vector<size_t>& which);

// What apply is billed for comparing those of the partitions that have rows with the private copy,
// before it writes (CompareRows).
Result<int64_t> CostOfComparing(const OpenedPlan& opened, const std::vector<size_t>& which);

// kRefused where --max-bytes-billed is less than a transaction costs.
Status CheckAllowed(const Connection& connection, int64_t bytes);

}  // namespace salvor::bigquery
