// What somebody else did in the moment in which a transaction committed.
//
// A transaction sees the table as it was at its start, and the documentation names no conflict of
// two that only INSERT ("Transactions: concurrency"): both may find a partition empty, or put rows
// into one that the other empties. What came of it is told by the service's counts, for nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

// A partition that has more rows than the transaction left there, in words; "" if none has. `left`
// is by index into the plan's partitions. Fewer rows are verify's business. Asks only.
Result<std::string> FindConcurrentRows(const OpenedPlan& opened,
                                       const std::map<size_t, int64_t>& left);

}  // namespace salvor::bigquery
