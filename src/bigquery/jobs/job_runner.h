// One job from its first request to its end.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// Inserts the job, or attaches to the one that has this id already, and waits until it is done. The
// caller reads `error`: DONE is not success. kOutcomeUnknown if the service can no longer be asked,
// or does not let the caller see the job that has the id; never repeated under another id.
Result<Job> RunJob(Api& api, const io::Clock& clock, const JobRef& ref,
                   const nlohmann::json& configuration);

// Waits for a job that was inserted before.
Result<Job> AwaitJob(Api& api, const io::Clock& clock, Job job);

// The error of a job that is done and failed, as an Error; by the service's reasons: kPermission,
// kNotFound, kConflict (duplicate), kTooLate (time travel), kRefused (bytes limit), kUnavailable
// (passing: a new attempt may go through), kInvalidArgument.
Error ErrorOfJob(const Job& job);
// True if a new attempt, under another id, may go through.
bool MayRetryAsNewAttempt(const JobError& error);

struct QueryOptions {
  std::string project = {};                             // where the job runs, and who pays
  std::string location = {};                            // of the data
  int64_t max_bytes_billed = 0;                         // 0: no limit
  nlohmann::json parameters = nlohmann::json::array();  // queryParameters, named
  std::string kms_key = {};  // of the answer: an organization's policy may demand one
};

// A query job's, without labels.
nlohmann::json QueryConfiguration(const std::string& sql, const QueryOptions& options);

// Named parameters for QueryOptions.
nlohmann::json TextParameter(const std::string& name, const std::string& value);
nlohmann::json TimestampParameter(const std::string& name, Instant value);

struct QueryAnswer {
  Job job;
  Rows rows;
};

// Runs a statement that only reads, under an id of its own, and reads the whole answer. A failed
// job is an error here.
Result<QueryAnswer> RunSelect(Api& api, const io::Clock& clock, const std::string& sql,
                              const QueryOptions& options);
// A dry run: free, and without an id that anybody could ask for. Errors as for the statement
// itself.
Result<Job> DryRunSelect(Api& api, const io::Clock& clock, const std::string& sql,
                         const QueryOptions& options);

}  // namespace salvor::bigquery
