#include "bigquery/history/write_dispositions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
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

// More are not asked about one by one.
constexpr size_t kMostAsked = 6;
constexpr size_t kMostAskedAtLosses = 3;

Status Ask(const Connection& connection, const std::string& location,
           const std::vector<TableJob*>& jobs) {
  return ForEach(jobs.size(), kRequestsInFlight, [&](size_t i) -> Status {
    TableJob& job = *jobs[i];
    auto seen = connection.api.GetJob({job.project, location, job.id});
    if (!seen && seen.error().code == Code::kUnavailable) return Fail(std::move(seen).error());
    if (seen && *seen) job.writes = WritesOf(**seen);
    return Done{};
  });
}

std::vector<TableJob*> Untold(TableJobs& jobs) {
  std::vector<TableJob*> untold;
  for (TableJob& job : jobs.jobs) {
    if (job.writes == Writes::kUntold) untold.push_back(&job);
  }
  return untold;
}

}  // namespace

Result<bool> AskHowTheyWrote(const Connection& connection, const std::string& location,
                             TableJobs& jobs) {
  const std::vector<TableJob*> untold = Untold(jobs);
  if (untold.size() > kMostAsked) return false;
  SALVOR_OK(Ask(connection, location, untold));
  return Untold(jobs).empty();
}

Status AskWhenScriptsEnded(const Connection& connection, const std::string& location,
                           TableJobs& jobs) {
  std::map<std::string, std::vector<TableJob*>> scripts;
  for (TableJob& job : jobs.jobs) {
    if (!job.script.empty() && !job.commits_by && job.MayRemoveRows()) {
      scripts[job.script].push_back(&job);
    }
  }
  if (scripts.size() > kMostAsked) return Done{};
  for (auto& [id, statements] : scripts) {
    auto seen = connection.api.GetJob({statements.front()->project, location, id});
    if (!seen && seen.error().code == Code::kUnavailable) return Fail(std::move(seen).error());
    if (!seen || !*seen || !(**seen).ended) continue;
    for (TableJob* job : statements) job->commits_by = (**seen).ended;
  }
  return Done{};
}

Status AskHowThoseAtLossesWrote(const Connection& connection, const std::string& location,
                                const std::vector<Loss>& losses, TableJobs& jobs) {
  std::vector<TableJob*> then = Untold(jobs);
  std::erase_if(then, [&](const TableJob* job) {
    return std::none_of(losses.begin(), losses.end(), [&](const Loss& loss) {
      return MillisOf(job->started) <= loss.end && MillisOf(job->ended) >= loss.begin;
    });
  });
  if (then.size() <= kMostAskedAtLosses) SALVOR_OK(Ask(connection, location, then));
  const auto untold = std::count_if(
      then.begin(), then.end(), [](const TableJob* job) { return job->writes == Writes::kUntold; });
  if (untold > 0) {
    jobs.notes.push_back(
        fmt::format("whether {} that ran at a loss replaced rows or added some is not known "
                    "(bigquery.jobs.get), so that no loss is put to {}",
                    Plural(untold, "job"), untold == 1 ? "it" : "them"));
  }
  return Done{};
}

}  // namespace salvor::bigquery
