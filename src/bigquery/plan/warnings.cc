#include "bigquery/plan/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/later_deletions.h"

namespace salvor::bigquery {
namespace {

using model::Wanted;

// As TellStory has it: a job takes effect at its end.
constexpr Millis kEndIsToldWithin{10'000};

bool MayBeTheLoss(const TableJob& job, int64_t snapshot) {
  return job.writes == Writes::kByItsName && MillisOf(job.started) <= snapshot + 1 &&
         snapshot <= MillisOf(job.ended) &&
         MillisOf(job.ended - kEndIsToldWithin) <= snapshot + 1 && job.deleted_rows.value_or(1) > 0;
}

// The jobs that took what is to come back are no later deletions. Of two that ran at once nobody
// knows which it was: then both are told.
std::set<const TableJob*> LossesAmong(const std::vector<TableJob>& jobs,
                                      const std::vector<Wanted>& wanted) {
  std::set<int64_t> snapshots;
  for (const Wanted& one : wanted) snapshots.insert(one.snapshot);
  std::set<const TableJob*> losses;
  for (const int64_t snapshot : snapshots) {
    std::vector<const TableJob*> fitting;
    for (const TableJob& job : jobs) {
      if (MayBeTheLoss(job, snapshot)) fitting.push_back(&job);
    }
    if (fitting.size() == 1) losses.insert(fitting.front());
  }
  return losses;
}

}  // namespace

Status WarnOfLaterDeletions(const Connection& connection, const Table& table,
                            const std::vector<Wanted>& wanted, std::vector<std::string>& warnings) {
  if (wanted.empty()) return Done{};
  const auto first =
      std::min_element(wanted.begin(), wanted.end(),
                       [](const auto& a, const auto& b) { return a.snapshot < b.snapshot; });
  SALVOR_TRY(const TableJobs jobs, JobsSeen(connection, table.location,
                                            InstantOfMillis(first->snapshot), table.modified));
  const Instant from = InstantOfMillis(first->snapshot);
  const auto losses = LossesAmong(jobs.jobs, wanted);
  std::map<std::string, int> writers;
  std::vector<TableJob> others;
  for (const TableJob& job : jobs.jobs) {
    if (job.BySalvor()) continue;
    ++writers[job.user];
    if (!losses.contains(&job)) others.push_back(job);
  }
  auto lines = DeletionsToRepeat(others, from, Instant::max(), "after the snapshot",
                                 "run it again after apply");
  warnings.insert(warnings.end(), lines.begin(), lines.end());
  if (!jobs.complete) {
    warnings.push_back(fmt::format(
        "later deletions cannot be listed, because not all jobs may be read: ask who may which "
        "privacy requests ran after {}, and run them again after apply",
        FormatInstant(from)));
  } else if (connection.jobs_projects.empty()) {
    warnings.push_back(fmt::format(
        "later deletions are sought among the jobs of {} only: if jobs of other projects may "
        "delete "
        "rows here, name those projects with --jobs-project, or ask who runs privacy requests",
        jobs.asked));
  }
  for (const auto& [who, count] : writers) {
    warnings.push_back(
        fmt::format("{} wrote to the table {} since the snapshot: pause it while apply runs", who,
                    Plural(count, "time")));
  }
  warnings.insert(warnings.end(), jobs.notes.begin(), jobs.notes.end());
  return Done{};
}

void WarnOfRights(const Connection& connection, std::vector<std::string>& warnings) {
  const std::vector<std::string> needed{"bigquery.tables.get", "bigquery.tables.getData",
                                        "bigquery.tables.getIamPolicy",
                                        "bigquery.tables.updateData"};
  auto granted = connection.api.TestPermissions(connection.table, needed);
  if (!granted) {
    warnings.push_back("which rights you have on the table cannot be seen (" +
                       granted.error().what + ")");
    return;
  }
  for (const std::string& right : needed) {
    if (std::find(granted->begin(), granted->end(), right) != granted->end()) continue;
    warnings.push_back(right + " is missing: " +
                       (right == "bigquery.tables.updateData" ? "somebody else must run apply"
                                                              : "somebody else must run persist"));
  }
}

}  // namespace salvor::bigquery
