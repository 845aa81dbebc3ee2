// What counts cannot tell: a job that overwrote rows with as many others, or more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/row_drops.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// Load, copy and query jobs of others that replaced rows (of a partition, or of the whole table)
// and left no fewer: a note with who and when, and how to come by what was there before; "" if
// there are none. Asks by jobs.get, for nothing, how the last of those wrote that may have, and
// adds to `requests` how many it asked. kUnavailable. May be repeated.
Result<std::string> NoteOfOverwrites(const Connection& connection, const Table& table,
                                     const Timelines& timelines, const std::vector<Drop>& drops,
                                     TableJobs& jobs, int64_t& requests);

}  // namespace salvor::bigquery
