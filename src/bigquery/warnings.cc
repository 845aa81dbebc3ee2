#include "bigquery/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "bigquery/jobs_view.h"

namespace salvor::bigquery {
namespace {

using model::Wanted;

// The job that took what is to come back is no later deletion.
bool IsTheLoss(const TableJob& job, const std::vector<Wanted>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& one) {
    return MillisOf(job.started) <= one.snapshot + 1 && one.snapshot <= MillisOf(job.ended);
  });
}

}  // namespace

Status WarnOfLaterDeletions(const Connection& connection, const std::string& location,
                            const std::vector<Wanted>& wanted, std::vector<std::string>& warnings) {
  if (wanted.empty()) return Done{};
  const auto first =
      std::min_element(wanted.begin(), wanted.end(),
                       [](const auto& a, const auto& b) { return a.snapshot < b.snapshot; });
  SALVOR_TRY(const TableJobs jobs, JobsOf(connection, location, InstantOfMillis(first->snapshot)));
  std::map<std::string, int> writers;
  for (const TableJob& job : jobs.jobs) {
    if (job.BySalvor()) continue;
    ++writers[job.user];
    if (job.deleted_rows.value_or(0) == 0 || IsTheLoss(job, wanted)) continue;
    warnings.push_back(fmt::format(
        "{} by {} at {} deleted {} after the snapshot: if that was a lawful deletion, run it again "
        "after apply",
        job.operation, job.user, FormatInstant(job.ended), Plural(*job.deleted_rows, "row")));
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
