#include "bigquery/recovery/copy_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {
namespace {

using nlohmann::json;

// As many as may start in a window, so that the quota is what limits, not the time a copy takes.
constexpr size_t kCopiesInFlight = 50;

json Reference(const TableName& name, const std::string& id) {
  return {{"projectId", name.project},
          {"datasetId", name.dataset},
          {"tableId", id.empty() ? name.table : name.table + "$" + id}};
}

}  // namespace

Status CopyJobs::Run(const std::vector<size_t>& indices) {
  total_ = static_cast<int64_t>(indices.size());
  return ForEach(indices.size(), kCopiesInFlight, [&](size_t i) { return One(indices[i]); });
}

Status CopyJobs::One(size_t index) {
  const std::string& id = opened_.planned.ids[index];
  int tried = 0;
  for (int attempt = 1; attempt <= kMostAttempts && tried < kAttemptsInRun; ++attempt) {
    const JobRef ref = JobOf(opened_.plan, opened_.digest, "apply", id, attempt);
    auto inserted = Insert(ref, index);
    if (!inserted) return Fail(std::move(inserted).error().At("partition " + id));
    inserted->job.ref = ref;
    SALVOR_TRY(const Job job, watch_.Await(std::move(inserted->job)));
    if (!job.error) return Note(index, job, inserted->already);
    // The failed attempt of an earlier run keeps its id: it says nothing about today.
    if (inserted->already) continue;
    ++tried;
    SALVOR_TRY(const bool has_rows, HasRows(id, *job.error));
    if (has_rows) {
      const std::lock_guard lock(mutex_);
      moved_.push_back(fmt::format("partition {} has rows now", id));
      return Done{};
    }
    if (!MayRetryAsNewAttempt(*job.error)) return Fail(Refused(job, id));
    opened_.connection.clock.Sleep(Millis(1'000LL << static_cast<unsigned>(tried)));
  }
  return Fail(Code::kUnavailable, fmt::format("partition {} could not be copied", id),
              opened_.plan.table.uri, "Run apply again later: it goes on where it stopped");
}

Result<InsertedJob> CopyJobs::Insert(const JobRef& ref, size_t index) {
  const auto start = pace_.Await();
  return opened_.connection.api.InsertJob(ref, Configuration(index));
}

// "Diverging physical schemas": a column that was dropped and made again looks the same from
// outside, so that nothing could be seen before.
Error CopyJobs::Refused(const Job& job, const std::string& id) const {
  Error error = ErrorOfJob(job).At("partition " + id);
  if (error.code == Code::kInvalidArgument) {
    error.next =
        "Nothing was lost: the rows are in the private copy. If it is about columns, plan anew "
        "with "
        "--by-name and another --case folder while time travel reaches the rows: that puts them "
        "back by a query";
  }
  return error;
}

// The documented reason is `duplicate`; for a decorated destination the documentation does not
// say, so that any lasting failure makes salvor look.
Result<bool> CopyJobs::HasRows(const std::string& id, const JobError& error) {
  if (error.reason == "duplicate") return true;
  if (MayRetryAsNewAttempt(error)) return false;
  SALVOR_TRY(const int64_t rows, CountRows(opened_.connection, opened_.connection.table, id));
  return rows > 0;
}

json CopyJobs::Configuration(size_t index) const {
  const std::string& id = opened_.planned.ids[index];
  return {{"labels", {{kPlanLabel, PlanMark(opened_.digest)}}},
          {"copy",
           {{"sourceTable", Reference(opened_.planned.CopyOf(index), id)},
            {"destinationTable", Reference(opened_.connection.table, id)},
            {"createDisposition", "CREATE_NEVER"},
            {"writeDisposition", "WRITE_EMPTY"}}}};
}

// Copied by a run that nobody knew of when this one decided: the rows may be gone again since.
Status CopyJobs::CheckStillThere(size_t index, const Job& job) {
  const std::string& id = opened_.planned.ids[index];
  SALVOR_TRY(const int64_t rows, CountRows(opened_.connection, opened_.connection.table, id));
  if (rows > 0) return Done{};
  return Fail(Code::kRefused,
              fmt::format("partition {} was restored by job {}, and its rows were taken away "
                          "again",
                          id, job.ref.id),
              opened_.plan.table.uri, "Plan anew with another --case folder");
}

Status CopyJobs::Note(size_t index, const Job& job, bool already) {
  if (already && job.copied_rows > 0) SALVOR_OK(CheckStillThere(index, job));
  const int64_t planned_rows = opened_.planned.partitions[index]->restore.rows;
  if (job.copied_rows != planned_rows) {
    return Fail(Code::kCorrupt,
                fmt::format("the service copied {} rows into partition {}, and the plan says {}",
                            job.copied_rows, opened_.planned.ids[index], planned_rows),
                opened_.plan.table.uri, "Run salvor verify to see what differs");
  }
  const std::lock_guard lock(mutex_);
  ++copied_;
  new_ += static_cast<int64_t>(!already);
  last_ = std::max(last_, job.ended.value_or(job.created));
  opened_.connection.progress.Tell("copying partitions back", copied_, total_);
  return Done{};
}

}  // namespace salvor::bigquery
