// How many rows there are, by metadata: free, and without the streaming buffer. Asks only; each may
// be called again.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/rest/table_name.h"
#include "model/inventory.h"

namespace salvor::bigquery {

// Rows and bytes as a tally; one piece if there are any rows.
model::Tally TallyOf(int64_t rows, int64_t bytes);

// Of one partition now, by its metadata; of the whole table for "". Nothing is there without it.
Result<model::Tally> TallyNow(Api& api, const Table& table, const std::string& id);

// Rows of one partition now by the service's metadata, without the streaming buffer.
Result<int64_t> CountRows(const Connection& connection, const TableName& table,
                          const std::string& id);

}  // namespace salvor::bigquery
