// Taking a job in: its id, its place, its kind, the quotas of insertion.
#pragma once

#include <string>

#include "testing/bigquery_server/rest/call.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

// A job from the body of jobs.insert (or the like), in the ledger, its effect still to come; a dry
// run is answered as a job that is in no ledger. duplicate (409) for an id that is taken.
Result<Json> InsertJob(World& world, const Call& call, const Json& body, std::string upload);

// The same, for handlers that wait for the job. Not for dry runs.
Result<Job*> AddJob(World& world, const Call& call, const Json& body, std::string upload);

// Lets others in until the job is done or `millis` are over; true if it is done.
Result<bool> AwaitJob(World& world, const Call& call, const Job& job, int64_t millis);

// Whoever started it, or may read all jobs.
Status WantJob(World& world, const Call& call, const Job& job);

}  // namespace salvor::testing::bigquery
