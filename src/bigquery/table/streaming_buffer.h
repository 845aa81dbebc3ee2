// Rows in the streaming buffer of a table: no metadata counts them, no copy job brings them along
// or stops before them for certain, and no DML may touch them ("Streaming data into BigQuery").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/sql/partition_filter.h"

namespace salvor::bigquery {

// What there is to do about them, for a person.
inline constexpr const char* kStopTheStream =
    "Stop the stream, and wait until its buffer is empty, at most 90 minutes";

// How many more rows a query finds in each of these partitions than metadata does, by id; without
// those where both say the same. The buffer does not name partitions, so they are counted, under
// --max-bytes-billed, and a person hears of the cost first. Nothing is asked, and nothing billed,
// of a table without a buffer. kRefused if counting costs more than is allowed.
Result<std::map<std::string, int64_t>> BufferedRows(const Connection& connection,
                                                    const Table& today,
                                                    const PartitionFilter& filter,
                                                    const std::vector<std::string>& ids);

}  // namespace salvor::bigquery
