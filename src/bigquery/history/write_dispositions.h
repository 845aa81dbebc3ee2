// Load, copy and query jobs with a destination: whether they replaced its rows or only added some.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/row_drops.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// INFORMATION_SCHEMA.JOBS does not tell, jobs.get does, for nothing. Asks about those of `jobs`
// that ran while rows went, and answers how many requests that took. A job that may not be read
// stays kUntold, with a note.
Result<int64_t> AskHowThoseAtLossesWrote(const Connection& connection, const std::string& location,
                                         const std::vector<Drop>& drops, TableJobs& jobs);

// The same of these, with a request for each. A job that may not be read stays kUntold.
Status AskHowTheyWrote(const Connection& connection, const std::string& location,
                       const std::vector<TableJob*>& jobs);

}  // namespace salvor::bigquery
