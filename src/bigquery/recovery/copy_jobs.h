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
#include "bigquery/jobs/connection.h"
#include "bigquery/jobs/job_poller.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/recovery/planned_jobs.h"
#include "bigquery/recovery/staging_tables.h"
#include "http/pace.h"

namespace salvor::bigquery {

class Copying {
 public:
  // All are borrowed.
  Copying(const Connection& connection, const model::Plan& plan, const Planned& planned,
          const std::vector<Copy>& copies)
      : connection_(connection),
        plan_(plan),
        planned_(planned),
        copies_(copies),
        pace_(kUpdatesInWindow, kWindow, connection.clock),
        watch_(connection.api, connection.clock, plan.pins.job_project, plan.pins.location) {}

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

  const Connection& connection_;
  const model::Plan& plan_;
  const Planned& planned_;
  const std::vector<Copy>& copies_;
  http::Pace pace_;
  JobWatch watch_;
  std::mutex mutex_;
  int64_t copied_ = 0;
  int64_t new_ = 0;
  int64_t total_ = 0;
  Instant last_{};
  std::vector<std::string> moved_;
};

}  // namespace salvor::bigquery
