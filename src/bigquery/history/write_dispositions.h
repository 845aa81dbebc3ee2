// Load, copy and query jobs with a destination: whether they replaced its rows or only added some.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/losses.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// INFORMATION_SCHEMA.JOBS does not tell, jobs.get does, for nothing: asks about all of them, if
// they are few, else about none. A job that may not be read stays kUntold. True if nothing stays
// untold.
Result<bool> AskHowTheyWrote(const Connection& connection, const std::string& location,
                             TableJobs& jobs);

// When the scripts ended whose statements may have removed rows: the view lists a script beside its
// statements only if it wrote to the table itself. By jobs.get, for nothing, where they are few.
Status AskWhenScriptsEnded(const Connection& connection, const std::string& location,
                           TableJobs& jobs);

// Of those that ran while rows went, where they are few. What stays untold is a note.
Status AskHowThoseAtLossesWrote(const Connection& connection, const std::string& location,
                                const std::vector<Loss>& losses, TableJobs& jobs);

}  // namespace salvor::bigquery
