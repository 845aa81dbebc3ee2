#include "bigquery/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"

namespace salvor::bigquery {
namespace {

using model::Wanted;

// As TellStory has it: a job takes effect at its end.
constexpr Millis kEndIsToldWithin{10'000};
// Beyond that many of one person and kind, they are told together.
constexpr size_t kMostAlone = 10;

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

struct Kind {
  std::string deed;
  std::string advice;
};

bool Replaces(const TableJob& job) {
  return job.operation == "TRUNCATE_TABLE" || job.operation == "DROP_TABLE" ||
         job.operation.starts_with("CREATE_TABLE");
}

// What it did, and what to do about it; nothing if it is no deletion.
std::optional<Kind> KindOf(const TableJob& job, const std::string& again) {
  const std::string none = "found no rows, perhaps because they were lost already";
  if (Replaces(job)) return Kind{"emptied or replaced the table", "if that was lawful, " + again};
  const int64_t deleted = job.deleted_rows.value_or(0);
  const bool counted = job.deleted_rows && job.updated_rows;
  if (job.operation == "DELETE") {
    const std::string lawful = "if that was a lawful deletion, " + again;
    if (!job.deleted_rows) return Kind{"may have deleted rows", lawful};
    return Kind{deleted > 0 ? "deleted " + Plural(deleted, "row") : none, lawful};
  }
  if (!job.MayMoveRows()) return std::nullopt;
  const int64_t changed = deleted + job.updated_rows.value_or(0);
  if (job.operation == "MERGE" && counted && changed == 0) return std::nullopt;
  const std::string redacted = "if it redacted or deleted rows that come back, " + again;
  if (counted && changed == 0) return Kind{none, redacted};
  if (deleted > 0) return Kind{"deleted " + Plural(deleted, "row"), redacted};
  return Kind{"may have changed rows", redacted};
}

}  // namespace

std::vector<std::string> DeletionsToRepeat(const std::vector<TableJob>& jobs, Instant from,
                                           Instant until, const std::string& when,
                                           const std::string& advice) {
  struct Same {
    std::vector<std::string> lines;
    Instant first;
    Instant last;
    std::string advice;
  };
  std::map<std::pair<std::string, std::string>, Same> groups;
  for (const TableJob& job : jobs) {
    if (job.BySalvor() || job.ended <= from || job.ended > until) continue;
    const auto kind = KindOf(job, advice);
    if (!kind) continue;
    Same& same = groups[{job.operation, job.user}];
    if (same.lines.empty()) same.first = job.ended;
    same.last = job.ended;
    same.advice = kind->advice;
    same.lines.push_back(fmt::format("{} by {} at {} {} {}: {}", job.operation, job.user,
                                     FormatInstant(job.ended), kind->deed, when, kind->advice));
  }
  std::vector<std::string> lines;
  for (auto& [who, same] : groups) {
    if (same.lines.size() > kMostAlone) {
      same.lines = {fmt::format("{} by {} ran {} between {} and {}, {}: {}", who.first, who.second,
                                Plural(static_cast<int64_t>(same.lines.size()), "time"),
                                FormatInstant(same.first), FormatInstant(same.last), when,
                                same.advice)};
    }
    lines.insert(lines.end(), same.lines.begin(), same.lines.end());
  }
  return lines;
}

Status WarnOfLaterDeletions(const Connection& connection, const std::string& location,
                            const std::vector<Wanted>& wanted, std::vector<std::string>& warnings) {
  if (wanted.empty()) return Done{};
  const auto first =
      std::min_element(wanted.begin(), wanted.end(),
                       [](const auto& a, const auto& b) { return a.snapshot < b.snapshot; });
  SALVOR_TRY(const TableJobs jobs, JobsOf(connection, location, InstantOfMillis(first->snapshot)));
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
