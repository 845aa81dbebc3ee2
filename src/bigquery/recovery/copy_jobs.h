// The copy jobs of apply, staging$P to table$P: many at once, each refused by the service if its
// partition has rows, below the quotas. Each has an id that follows from the plan, so that one that
// an earlier run started is found and not started again.
#pragma once

#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/job_poller.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/recovery/opened_plan.h"
#include "http/rate_limiter.h"

namespace salvor::bigquery {

class CopyJobs {
 public:
  // Borrows the plan, whose copies are there, until the last call.
  explicit CopyJobs(const OpenedPlan& opened)
      : opened_(opened),
        pace_(kUpdatesInWindow, kWindow, opened.connection.clock),
        watch_(opened.connection.api, opened.connection.clock, opened.plan.pins.job_project,
               opened.plan.pins.location) {}

  // Once. Copies these partitions and waits for them; what was copied before an error counts in
  // Copied. A partition that has rows is left alone (Moved). kCorrupt for another number of rows
  // than planned, kRefused where an earlier run's rows were taken away again, kUnavailable where it
  // may go through later.
  Status Run(const std::vector<size_t>& indices);

  [[nodiscard]] int64_t Copied() const { return copied_; }
  // Of these, the ones that no earlier run had started.
  [[nodiscard]] int64_t New() const { return new_; }
  [[nodiscard]] const std::vector<std::string>& Moved() const { return moved_; }
  [[nodiscard]] Instant Last() const { return last_; }

 private:
  Status One(size_t index);
  Result<InsertedJob> Insert(const JobRef& ref, size_t index);
  [[nodiscard]] Error Refused(const Job& job, const std::string& id) const;
  Result<bool> HasRows(const std::string& id, const JobError& error);
  [[nodiscard]] nlohmann::json Configuration(size_t index) const;
  Status CheckStillThere(size_t index, const Job& job);
  Status Note(size_t index, const Job& job, bool already);

  const OpenedPlan& opened_;
  http::RateLimiter pace_;
  JobWatch watch_;
  std::mutex mutex_;
  int64_t copied_ = 0;
  int64_t new_ = 0;
  int64_t total_ = 0;
  Instant last_{};
  std::vector<std::string> moved_;
};

}  // namespace salvor::bigquery
