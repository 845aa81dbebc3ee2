#include "bigquery/recovery/attempts.h"

#include <fmt/format.h>

#include <utility>

#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_runner.h"

namespace salvor::bigquery {

Result<Attempt> LastAttempt(const Connection& connection, const model::Plan& plan,
                            const std::string& plan_digest, const std::string& step,
                            const std::string& part) {
  Attempt last;
  for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
    SALVOR_TRY(auto job, connection.api.GetJob(JobOf(plan, plan_digest, step, part, attempt)));
    if (!job) return last;
    job->ref = JobOf(plan, plan_digest, step, part, attempt);
    SALVOR_TRY(last.job, AwaitJob(connection.api, connection.clock, *std::move(job)));
    last.next = attempt + 1;
    if (last.Succeeded()) return last;
  }
  return Fail(Code::kUnavailable, fmt::format("{} attempts of step {} failed", kMostAttempts, step),
              part, "Look at these jobs in the project, mend their cause, and plan anew");
}

}  // namespace salvor::bigquery
