// What may come back, what it would cost, and what a person must know of it. Changes nothing; may
// be called again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// As TableReader::Examine. kNotFound without the dataset.
Result<warehouse::Examination> Examine(const Connection& connection,
                                       const std::vector<warehouse::Wanted>& wanted);

// As TableReader::Refusals: free of cost.
Result<std::vector<std::string>> Refusals(const Connection& connection,
                                          const std::vector<warehouse::Wanted>& wanted);

}  // namespace salvor::bigquery
