#include "bigquery/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/applied.h"
#include "bigquery/beginning.h"
#include "bigquery/copies.h"
#include "bigquery/in_flight.h"
#include "bigquery/job.h"
#include "bigquery/job_id.h"
#include "bigquery/job_watch.h"
#include "bigquery/planned_change.h"
#include "http/pace.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

using nlohmann::json;
using warehouse::RestoreOutcome;
using warehouse::RestoreStep;

// "Quotas and limits": 50 modifications of partitions of one table in 10 s. The window is a little
// longer here: two copies that start together need not end together.
constexpr int64_t kUpdatesInWindow = 50;
constexpr Millis kWindow{10'100};
// As many as may start in a window, so that the quota is what limits, not the time a copy takes.
constexpr size_t kCopiesInFlight = 50;
constexpr int64_t kCopyJobsInDay = 100'000;
constexpr int64_t kUpdatesInDay = 30'000;

json Reference(const TableName& name, const std::string& id) {
  return {{"projectId", name.project},
          {"datasetId", name.dataset},
          {"tableId", id.empty() ? name.table : name.table + "$" + id}};
}

class Copying {
 public:
  Copying(const Connection& connection, const model::Plan& plan, const Planned& planned)
      : connection_(connection),
        plan_(plan),
        planned_(planned),
        pace_(kUpdatesInWindow, kWindow, connection.clock),
        watch_(connection.api, connection.clock, plan.pins.job_project, plan.pins.location) {}

  Status Run(const std::vector<size_t>& indices) {
    total_ = static_cast<int64_t>(indices.size());
    return ForEach(indices.size(), kCopiesInFlight, [&](size_t i) { return One(indices[i]); });
  }

  [[nodiscard]] int64_t Copied() const { return copied_; }
  // Of these, the ones that no earlier run had started.
  [[nodiscard]] int64_t New() const { return new_; }
  [[nodiscard]] const std::vector<std::string>& Moved() const { return moved_; }
  [[nodiscard]] Instant Last() const { return last_; }

 private:
  Status One(size_t index) {
    const std::string& id = planned_.ids[index];
    int tried = 0;
    for (int attempt = 1; attempt <= kMostAttempts && tried < kAttemptsInRun; ++attempt) {
      const JobRef ref = JobOf(plan_, planned_.digest, "apply", id, attempt);
      auto inserted = Insert(ref, index);
      if (!inserted) return Fail(std::move(inserted).error().At("partition " + id));
      inserted->job.ref = ref;
      SALVOR_TRY(const Job job, watch_.Await(std::move(inserted->job)));
      if (!job.error) return Note(index, job, inserted->already);
      // The failed attempt of an earlier run keeps its id: it says nothing about today.
      if (inserted->already) continue;
      ++tried;
      if (job.error->reason == "duplicate") {
        const std::lock_guard lock(mutex_);
        moved_.push_back(fmt::format("partition {} has rows now", id));
        return Done{};
      }
      if (!MayRetryAsNewAttempt(*job.error)) return Fail(ErrorOfJob(job).At("partition " + id));
      connection_.clock.Sleep(Millis(1'000LL << static_cast<unsigned>(tried)));
    }
    return Fail(Code::kUnavailable, fmt::format("partition {} could not be copied", id),
                plan_.table.uri, "Run apply again later: it goes on where it stopped");
  }

  Result<InsertedJob> Insert(const JobRef& ref, size_t index) {
    const auto start = pace_.Await();
    return connection_.api.InsertJob(ref, Configuration(index));
  }

  [[nodiscard]] json Configuration(size_t index) const {
    const std::string& id = planned_.ids[index];
    return {{"labels", {{kPlanLabel, PlanMark(planned_.digest)}}},
            {"copy",
             {{"sourceTable", Reference(planned_.CopyOf(index), id)},
              {"destinationTable", Reference(connection_.table, id)},
              {"createDisposition", "CREATE_NEVER"},
              {"writeDisposition", "WRITE_EMPTY"}}}};
  }

  // Copied by a run that nobody knew of when this one decided: the rows may be gone again since.
  Status CheckStillThere(size_t index, const Job& job) {
    const std::string& id = planned_.ids[index];
    SALVOR_TRY(const int64_t rows, CountRows(connection_, connection_.table, id));
    if (rows > 0) return Done{};
    return Fail(Code::kRefused,
                fmt::format("partition {} was restored by job {}, and its rows were taken away "
                            "again",
                            id, job.ref.id),
                plan_.table.uri, "Plan anew with another --case folder");
  }

  Status Note(size_t index, const Job& job, bool already) {
    if (already) SALVOR_OK(CheckStillThere(index, job));
    const int64_t planned_rows = planned_.partitions[index]->restore.rows;
    if (job.copied_rows != planned_rows) {
      return Fail(Code::kCorrupt,
                  fmt::format("the service copied {} rows into partition {}, and the plan says {}",
                              job.copied_rows, planned_.ids[index], planned_rows),
                  plan_.table.uri, "Run salvor verify to see what differs");
    }
    const std::lock_guard lock(mutex_);
    ++copied_;
    new_ += static_cast<int64_t>(!already);
    last_ = std::max(last_, job.ended.value_or(job.created));
    connection_.progress.Tell("copying partitions back", copied_, total_);
    return Done{};
  }

  const Connection& connection_;
  const model::Plan& plan_;
  const Planned& planned_;
  http::Pace pace_;
  JobWatch watch_;
  std::mutex mutex_;
  int64_t copied_ = 0;
  int64_t new_ = 0;
  int64_t total_ = 0;
  Instant last_{};
  std::vector<std::string> moved_;
};

struct Split {
  std::vector<size_t> by_query;
  std::vector<size_t> by_copy;
};

Split SplitSteps(const Planned& planned, const std::vector<RestoreStep>& steps) {
  Split split;
  for (const RestoreStep& step : steps) {
    (planned.ByQuery(step.index) ? split.by_query : split.by_copy).push_back(step.index);
  }
  return split;
}

}  // namespace

Result<std::vector<std::string>> BigQueryWriter::Forecast(const model::Plan& plan,
                                                          const std::string& plan_digest) {
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const Table today, TableToday(connection_, plan));
  SALVOR_TRY(const Planned planned, ReadPlan(connection_, plan, plan_digest, today));
  std::vector<size_t> by_query;
  int64_t copies = 0;
  for (size_t i = 0; i < planned.ids.size(); ++i) {
    if (planned.ByQuery(i)) {
      by_query.push_back(i);
    } else {
      ++copies;
    }
  }
  std::vector<std::string> lines;
  if (copies > kUpdatesInDay) {
    return Fail(Code::kRefused,
                fmt::format("{} are more than the {} modifications of partitions that a table may "
                            "have in a day",
                            Plural(copies, "partition"), FormatCount(kUpdatesInDay)),
                plan.table.uri, "Restore some of them first (--partitions)");
  }
  if (copies > 0) {
    const http::Pace pace(kUpdatesInWindow, kWindow, connection_.clock);
    lines.push_back(fmt::format(
        "{} by copy jobs: no bytes billed, {} of the {} copy jobs that the project may run in a "
        "day, started within about {}",
        Plural(copies, "partition"), FormatCount(copies), FormatCount(kCopyJobsInDay),
        FormatSpan(pace.TimeToStart(copies))));
  }
  if (!by_query.empty()) {
    SALVOR_TRY(const int64_t bytes, EstimateChange(connection_, plan, planned, today, by_query));
    lines.push_back(fmt::format("{} by one query: about {} billed",
                                Plural(static_cast<int64_t>(by_query.size()), "partition"),
                                FormatBytes(bytes)));
  }
  return lines;
}

Result<RestoreOutcome> BigQueryWriter::Restore(const model::Plan& plan,
                                               const std::string& plan_digest,
                                               const std::vector<RestoreStep>& steps) {
  RestoreOutcome outcome;
  if (steps.empty()) {  // nothing to mend: the service keeps what it has written
    outcome.kind = RestoreOutcome::Kind::kAlready;
    return outcome;
  }
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const Table today, TableToday(connection_, plan));
  SALVOR_TRY(const Planned planned, ReadPlan(connection_, plan, plan_digest, today));
  SALVOR_TRY(const auto copies, NeedCopies(connection_, plan, planned, today));
  const Split split = SplitSteps(planned, steps);
  SALVOR_OK(Begin(connection_, plan, plan_digest));
  Instant last{};
  bool anew = false;
  // First, because it either does all of its part or nothing.
  if (!split.by_query.empty()) {
    SALVOR_TRY(const Change change,
               ApplyRows(connection_, plan, planned, today, copies, split.by_query));
    if (!change.moved.empty()) {
      outcome.kind = RestoreOutcome::Kind::kMoved;
      outcome.moved.push_back(change.moved);
      return outcome;
    }
    last = change.at;
    anew = !change.already;
    outcome.copied = static_cast<int64_t>(split.by_query.size());
  }
  Copying copying(connection_, plan, planned);
  const Status copied = copying.Run(split.by_copy);
  if (!copied) {
    Error error = copied.error();
    error.what += fmt::format(" ({} of {} are back)", FormatCount(copying.Copied()),
                              Plural(static_cast<int64_t>(split.by_copy.size()), "partition"));
    if (error.next.empty()) error.next = "Run apply again: it goes on where it stopped";
    return Fail(std::move(error));
  }
  outcome.linked = copying.Copied();
  outcome.files = outcome.linked + outcome.copied;
  outcome.version = MillisOf(std::max(last, copying.Last()));
  outcome.moved = copying.Moved();
  if (!anew && copying.New() == 0) outcome.kind = RestoreOutcome::Kind::kAlready;
  if (!outcome.moved.empty()) outcome.kind = RestoreOutcome::Kind::kMoved;
  return outcome;
}

}  // namespace salvor::bigquery
