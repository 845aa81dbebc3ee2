// The jobs of a plan's steps: each part of a step is tried under ids that follow from the plan, so
// that any run finds what an earlier one did. Asks only; a job that still runs is waited for.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"

namespace salvor::bigquery {

// The one query job of a step that writes rows by name.
inline constexpr const char* kRowsPart = "rows";
inline constexpr const char* kUndoPart = "all";

// The last attempt at one part of a step.
struct Attempt {
  std::optional<Job> job;  // ended; nothing if there never was one
  int next = 1;            // the number of an attempt that may be made now

  [[nodiscard]] bool Succeeded() const { return job && !job->error; }
};
// kPermission if somebody else's job may not be read, kOutcomeUnknown if one cannot be asked.
Result<Attempt> LastAttempt(const Connection& connection, const model::Plan& plan,
                            const std::string& plan_digest, const std::string& step,
                            const std::string& part);

}  // namespace salvor::bigquery
