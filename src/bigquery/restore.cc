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
#include "bigquery/definition.h"
#include "bigquery/in_flight.h"
#include "bigquery/job.h"
#include "bigquery/job_id.h"
#include "bigquery/job_watch.h"
#include "bigquery/planned_change.h"
#include "bigquery/remake.h"
#include "bigquery/rights.h"
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
// "Pricing": at least 10 MB for each table that a query reads, here the copy and the new table.
constexpr int64_t kLeastBilled = int64_t{20} << 20U;

json Reference(const TableName& name, const std::string& id) {
  return {{"projectId", name.project},
          {"datasetId", name.dataset},
          {"tableId", id.empty() ? name.table : name.table + "$" + id}};
}

class Copying {
 public:
  Copying(const Connection& connection, const model::Plan& plan, const Planned& planned,
          const std::vector<Copy>& copies)
      : connection_(connection),
        plan_(plan),
        planned_(planned),
        copies_(copies),
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
      SALVOR_TRY(const bool has_rows, HasRows(id, *job.error));
      if (has_rows) {
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

  // The documented reason is `duplicate`; for a decorated destination the documentation does not
  // say, so that any lasting failure makes salvor look.
  Result<bool> HasRows(const std::string& id, const JobError& error) {
    if (error.reason == "duplicate") return true;
    if (MayRetryAsNewAttempt(error)) return false;
    SALVOR_TRY(const int64_t rows, CountRows(connection_, connection_.table, id));
    return rows > 0;
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
    if (already && job.copied_rows > 0) SALVOR_OK(CheckStillThere(index, job));
    const model::Tally& restore = planned_.partitions[index]->restore;
    const int64_t planned_rows =
        restore.uncounted == 0 ? restore.rows : CopyAt(copies_, planned_.CopyOf(index)).table.rows;
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

struct Split {
  std::vector<size_t> by_query;
  std::vector<size_t> by_copy;
};

// What the writing needs to know of the table and the copies.
struct Scene {
  Planned planned;
  Table today;
  std::vector<Copy> copies;
};

Split SplitSteps(const Planned& planned, const std::vector<RestoreStep>& steps) {
  Split split;
  for (const RestoreStep& step : steps) {
    (planned.ByQuery(step.index) ? split.by_query : split.by_copy).push_back(step.index);
  }
  return split;
}

// A deleted table is made first; it is one partition, and its copy says which way it is filled.
Result<Split> MakeAndSplit(const Connection& connection, const model::Plan& plan, Scene& scene) {
  const Table& copy = scene.copies.front().table;
  SALVOR_TRY(const Table to_make, TableToMake(plan, connection.table, copy));
  SALVOR_TRY(const bool by_query, NeedsQuery(to_make, copy));
  SALVOR_TRY(scene.today, MakeAgain(connection, scene.planned, to_make));
  return by_query || scene.planned.by_name ? Split{{0}, {}} : Split{{}, {0}};
}

// What is told before a deleted table is filled.
Result<std::vector<std::string>> ForecastOfDeleted(const Connection& connection,
                                                   const model::Plan& plan, const Planned& planned,
                                                   const Table& today) {
  std::vector<std::string> lines{"the deleted table is made again as the plan defines it"};
  SALVOR_TRY(const auto copies, FindCopies(connection, plan, planned, today));
  if (!copies) return lines;
  const Table& copy = copies->front().table;
  SALVOR_TRY(const Table to_make, TableToMake(plan, connection.table, copy));
  SALVOR_TRY(const bool by_query, NeedsQuery(to_make, copy));
  lines.push_back(by_query || planned.by_name
                      ? fmt::format("{} by one query: about {} billed", Plural(copy.rows, "row"),
                                    FormatBytes(std::max(copy.bytes, kLeastBilled)))
                      : fmt::format("{} by a copy job: no bytes billed", Plural(copy.rows, "row")));
  return lines;
}

std::vector<std::string> ByHandAfter(const model::Plan& plan, const TableName& name) {
  const auto defined = TableOfDefinition(name, plan.pins.definition);
  return defined ? ToSetAgain(*defined) : std::vector<std::string>();
}

}  // namespace

Result<std::vector<std::string>> BigQueryWriter::Forecast(const model::Plan& plan,
                                                          const std::string& plan_digest) {
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const Table today, TableToday(connection_, plan));
  SALVOR_TRY(const Planned planned, ReadPlan(connection_, plan, plan_digest, today));
  if (planned.table_is_gone) return ForecastOfDeleted(connection_, plan, planned, today);
  SALVOR_OK(CheckMayWrite(connection_.api, connection_.table));
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

namespace {

// A transaction sees the table as it was at its start, and two that only INSERT do not stop each
// other ("Transactions: concurrency"): both may find a partition empty. What came of it is told by
// the service's counts, for nothing; fewer rows than were written are verify's business.
Status CheckNobodyElseFilled(const Connection& connection, const model::Plan& plan,
                             const Scene& scene, const std::vector<size_t>& which) {
  for (const size_t index : which) {
    const model::PlannedPartition& one = *scene.planned.partitions[index];
    SALVOR_TRY(const auto coming, RowsToComeBack(connection, scene.planned, index));
    const int64_t left = coming.value_or(0) + (one.mode == model::Mode::kBeside ? one.now.rows : 0);
    SALVOR_TRY(const int64_t rows,
               CountRows(connection, connection.table, scene.planned.ids[index]));
    if (rows <= left) continue;
    return Fail(
        Code::kConflict,
        fmt::format("the rows are back, but partition {} has {}, and apply left {} there: "
                    "somebody else wrote to it in the same moment",
                    model::FormatKey(plan.columns, one.key), Plural(rows, "row"),
                    FormatCount(left)),
        plan.table.uri,
        "Look who it was with salvor history. Another plan put the same rows back: take one "
        "set out by hand; new rows of a normal writer may stay");
  }
  return Done{};
}

// The rows that go by query: all of them or none.
Status RestoreByQuery(const Connection& connection, const model::Plan& plan, const Scene& scene,
                      const std::vector<size_t>& which, RestoreOutcome& outcome) {
  if (which.empty()) return Done{};
  SALVOR_TRY(const Change change,
             ApplyRows(connection, plan, scene.planned, scene.today, scene.copies, which));
  if (!change.moved.empty()) {
    outcome.kind = RestoreOutcome::Kind::kMoved;
    outcome.moved.push_back(change.moved);
    return Done{};
  }
  outcome.kind = change.already ? RestoreOutcome::Kind::kAlready : RestoreOutcome::Kind::kDone;
  outcome.version = MillisOf(change.at);
  outcome.copied = static_cast<int64_t>(which.size());
  return change.already ? Status() : CheckNobodyElseFilled(connection, plan, scene, which);
}

Status RestoreByCopy(const Connection& connection, const model::Plan& plan, const Scene& scene,
                     const std::vector<size_t>& which, RestoreOutcome& outcome) {
  if (which.empty()) return Done{};
  Copying copying(connection, plan, scene.planned, scene.copies);
  const Status copied = copying.Run(which);
  if (!copied) {
    Error error = copied.error();
    error.what += fmt::format(" ({} of {} are back)", FormatCount(copying.Copied()),
                              Plural(static_cast<int64_t>(which.size()), "partition"));
    if (error.next.empty()) error.next = "Run apply again: it goes on where it stopped";
    return Fail(std::move(error));
  }
  if (copying.New() > 0) outcome.kind = RestoreOutcome::Kind::kDone;
  outcome.linked = copying.Copied();
  outcome.version = std::max(outcome.version, MillisOf(copying.Last()));
  outcome.moved = copying.Moved();
  if (!outcome.moved.empty()) outcome.kind = RestoreOutcome::Kind::kMoved;
  return Done{};
}

Result<RestoreOutcome> RestoreDeleted(const Connection& connection, const model::Plan& plan,
                                      Scene scene) {
  RestoreOutcome outcome;
  outcome.kind = RestoreOutcome::Kind::kAlready;
  SALVOR_TRY(const Split split, MakeAndSplit(connection, plan, scene));
  Status filled = RestoreByCopy(connection, plan, scene, split.by_copy, outcome);
  // A table that once dropped or renamed a column has a copy that no new table takes as it is.
  const bool by_name = !filled && filled.error().code == Code::kInvalidArgument;
  if (by_name) filled = RestoreByQuery(connection, plan, scene, split.by_copy, outcome);
  if (!filled) return Fail(filled.error());
  SALVOR_OK(RestoreByQuery(connection, plan, scene, split.by_query, outcome));
  if (outcome.kind == RestoreOutcome::Kind::kMoved) return outcome;
  SALVOR_OK(FinishMaking(connection, scene.planned.digest));
  outcome.files = 1;
  outcome.by_hand = ByHandAfter(plan, connection.table);
  return outcome;
}

}  // namespace

Result<RestoreOutcome> BigQueryWriter::Restore(const model::Plan& plan,
                                               const std::string& plan_digest,
                                               const std::vector<RestoreStep>& steps) {
  RestoreOutcome outcome;
  outcome.kind = RestoreOutcome::Kind::kAlready;
  if (steps.empty()) {  // the service keeps what it has written: nothing to mend but a label
    if (!IsOfDeletedTable(plan)) return outcome;
    SALVOR_OK(FinishMaking(connection_, plan_digest));
    outcome.by_hand = ByHandAfter(plan, connection_.table);
    return outcome;
  }
  SALVOR_OK(CheckPins(connection_, plan));
  Scene scene;
  SALVOR_TRY(scene.today, TableToday(connection_, plan));
  SALVOR_TRY(scene.planned, ReadPlan(connection_, plan, plan_digest, scene.today));
  SALVOR_TRY(scene.copies, NeedCopies(connection_, plan, scene.planned, scene.today));
  SALVOR_OK(Begin(connection_, plan, plan_digest));
  if (scene.planned.table_is_gone) return RestoreDeleted(connection_, plan, std::move(scene));
  const Split split = SplitSteps(scene.planned, steps);
  // First, because it either does all of its part or nothing.
  SALVOR_OK(RestoreByQuery(connection_, plan, scene, split.by_query, outcome));
  if (outcome.kind == RestoreOutcome::Kind::kMoved) return outcome;
  SALVOR_OK(RestoreByCopy(connection_, plan, scene, split.by_copy, outcome));
  outcome.files = outcome.linked + outcome.copied;
  return outcome;
}

}  // namespace salvor::bigquery
