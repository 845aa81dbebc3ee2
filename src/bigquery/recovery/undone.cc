#include "bigquery/recovery/undone.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/sql/apply_transaction.h"

namespace salvor::bigquery {
namespace {

// The text of a query job; nothing where the service does not tell it.
std::optional<std::string> TextOf(const Job& job) {
  const nlohmann::json nothing = nlohmann::json::object();
  const auto query = job.configuration.value("query", nothing);
  const auto text = query.is_object() ? query.value("query", nlohmann::json()) : nothing;
  return text.is_string() ? std::optional(text.get<std::string>()) : std::nullopt;
}

void Take(const Planned& planned, const Job& job, std::set<size_t>& taken) {
  const auto text = TextOf(job);
  for (size_t i = 0; i < planned.ids.size(); ++i) {
    if (!text || AssertsPartition(*text, planned.ids[i])) taken.insert(i);
  }
}

}  // namespace

Result<Undone> FindUndone(const OpenedPlan& opened) {
  Undone undone;
  std::set<size_t> taken;
  for (; undone.next <= kMostAttempts; ++undone.next) {
    const JobRef ref = JobOf(opened.plan, opened.digest, "undo", kUndoPart, undone.next);
    SALVOR_TRY(auto found, opened.connection.api.GetJob(ref));
    if (!found) break;
    found->ref = ref;
    SALVOR_TRY(Job job,
               AwaitJob(opened.connection.api, opened.connection.clock, *std::move(found)));
    if (job.error) continue;
    const size_t before = taken.size();
    Take(opened.planned, job, taken);
    if (taken.size() > before) undone.job = std::move(job);
  }
  if (undone.next > kMostAttempts) {
    return Fail(Code::kUnavailable, "too many attempts of undo failed", opened.plan.table.uri,
                "Look at these jobs in the project, and take the rows back by hand: salvor show "
                "--sql has the statement");
  }
  undone.taken.assign(taken.begin(), taken.end());
  return undone;
}

std::vector<size_t> NotTaken(const std::vector<size_t>& written, const std::vector<size_t>& taken) {
  std::vector<size_t> left;
  std::set_difference(written.begin(), written.end(), taken.begin(), taken.end(),
                      std::back_inserter(left));
  return left;
}

}  // namespace salvor::bigquery
