#include "bigquery/history/write_dispositions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "bigquery/history/attribution.h"
#include "bigquery/rest/parallel_for.h"

namespace salvor::bigquery {
namespace {

// "JobConfigurationLoad", "…Query", "…TableCopy": the member of a job's configuration that says
// what it does with rows that are there, and what it says where it is left out.
struct Kind {
  const char* member;
  const char* unless_said;
};
constexpr Kind kKinds[] = {
    {"load", "WRITE_APPEND"}, {"query", "WRITE_EMPTY"}, {"copy", "WRITE_EMPTY"}};

// Others than WRITE_TRUNCATE and WRITE_TRUNCATE_DATA may come.
Writes WritesOf(const Job& job) {
  if (!job.configuration.is_object()) return Writes::kUntold;
  for (const Kind& kind : kKinds) {
    const auto found = job.configuration.find(kind.member);
    if (found == job.configuration.end() || !found->is_object()) continue;
    std::string said = kind.unless_said;
    if (const auto told = found->find("writeDisposition"); told != found->end()) {
      if (!told->is_string()) return Writes::kUntold;
      said = told->get<std::string>();
    }
    if (said == "WRITE_APPEND" || said == "WRITE_EMPTY") return Writes::kAdds;
    return said.starts_with("WRITE_TRUNCATE") ? Writes::kReplaces : Writes::kUntold;
  }
  return Writes::kUntold;
}

std::vector<TableJob*> InDoubt(const std::vector<Drop>& drops, TableJobs& jobs) {
  const std::vector<Loss> losses = LossesOf(drops);
  std::vector<TableJob*> doubtful;
  for (TableJob& job : jobs.jobs) {
    if (job.writes != Writes::kUntold) continue;
    const bool then = std::any_of(losses.begin(), losses.end(),
                                  [&](const Loss& loss) { return RanThen(job, loss); });
    if (then) doubtful.push_back(&job);
  }
  return doubtful;
}

}  // namespace

Status AskHowTheyWrote(const Connection& connection, const std::string& location,
                       const std::vector<TableJob*>& jobs) {
  return ForEach(jobs.size(), kRequestsInFlight, [&](size_t i) -> Status {
    TableJob& job = *jobs[i];
    auto seen = connection.api.GetJob({job.project, location, job.id});
    if (!seen && seen.error().code == Code::kUnavailable) return Fail(std::move(seen).error());
    if (seen && *seen) job.writes = WritesOf(**seen);
    return Done{};
  });
}

Result<int64_t> AskHowThoseAtLossesWrote(const Connection& connection, const std::string& location,
                                         const std::vector<Drop>& drops, TableJobs& jobs) {
  const std::vector<TableJob*> doubtful = InDoubt(drops, jobs);
  SALVOR_OK(AskHowTheyWrote(connection, location, doubtful));
  const auto untold = std::count_if(doubtful.begin(), doubtful.end(), [](const TableJob* job) {
    return job->writes == Writes::kUntold;
  });
  if (untold > 0) {
    jobs.notes.push_back(
        fmt::format("whether {} that ran at a loss replaced rows or added some cannot be seen "
                    "(bigquery.jobs.get), so that no loss is put to {}",
                    Plural(untold, "job"), untold == 1 ? "it" : "them"));
  }
  return static_cast<int64_t>(doubtful.size());
}

}  // namespace salvor::bigquery
