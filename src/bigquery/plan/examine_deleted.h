// May a deleted table come back, and what does it cost to make it again? Changes nothing.
#pragma once

#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/examination.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// Each of `wanted` is the whole table, at an instant. A table that cannot be made again as it was
// is refused in its `refusal`; the other errors are the service's.
Result<warehouse::Examination> ExamineDeleted(const Connection& connection, const Dataset& dataset,
                                              const std::vector<warehouse::Wanted>& wanted);

}  // namespace salvor::bigquery
