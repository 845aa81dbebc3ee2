#include "testing/bigquery_server/jobs/job.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

std::string Job::StateAt(int64_t now_ms) const {
  if (done) return "DONE";
  return now_ms > created_ms ? "RUNNING" : "PENDING";
}

std::string Job::OtherReason() const { return kind == "query" ? "invalidQuery" : "invalid"; }

Json Job::Resource(int64_t now_ms) const {
  Json resource = {{"kind", "bigquery#job"},
                   {"etag", "\"" + id.substr(0, 8) + (done ? "d" : "r") + "\""},
                   {"id", Text()},
                   {"selfLink", "/bigquery/v2/projects/" + project + "/jobs/" + id},
                   {"user_email", principal},
                   {"configuration", configuration},
                   {"jobReference", Reference()},
                   {"statistics", statistics},
                   {"status", {{"state", StateAt(now_ms)}}}};
  Json& times = resource["statistics"];
  if (Json* query = times.contains("query") ? &times["query"] : nullptr)
    query->erase("salvorTarget");
  times["creationTime"] = std::to_string(created_ms);
  if (done || now_ms > created_ms) times["startTime"] = std::to_string(created_ms);
  if (done) times["endTime"] = std::to_string(ends_ms);
  if (!parent_id.empty()) times["parentJobId"] = parent_id;
  if (child_count > 0) times["numChildJobs"] = std::to_string(child_count);
  resource["configuration"]["jobType"] = kind == "query"  ? "QUERY"
                                         : kind == "copy" ? "COPY"
                                                          : "LOAD";
  if (error) {
    resource["status"]["errorResult"] = ErrorProto(*error, OtherReason());
    resource["status"]["errors"] = Json::array({ErrorProto(*error, OtherReason())});
  }
  return resource;
}

Result<Job*> JobLedger::Add(Job job) {
  const Key key{job.project, job.location, job.id};
  if (jobs_.count(key) != 0) {
    return Refuse("duplicate", "Already Exists: Job " + job.Text());
  }
  job.sequence = next_sequence_++;
  Job* added = &jobs_.emplace(key, std::move(job)).first->second;
  if (!added->done) pending_.emplace(std::pair(added->ends_ms, added->sequence), added);
  return added;
}

Result<Job*> JobLedger::Find(const std::string& project, const std::string& location,
                             const std::string& id) {
  // Without a location only the multi-region US is looked at.
  const std::string place = location.empty() ? "US" : CanonicalLocation(location);
  const auto found = jobs_.find(Key{project, place, id});
  if (found != jobs_.end()) return &found->second;
  return Refuse("notFound", "Not found: Job " + project + ":" +
                                (location.empty() ? "" : CanonicalLocation(location) + ".") + id);
}

Job* JobLedger::TakeDue(int64_t now_ms) {
  if (pending_.empty() || pending_.begin()->first.first > now_ms) return nullptr;
  Job* next = pending_.begin()->second;
  pending_.erase(pending_.begin());
  return next;
}

std::vector<const Job*> JobLedger::Of(const std::string& project) const {
  std::vector<const Job*> found;
  for (const auto& [key, job] : jobs_) {
    if (job.project == project) found.push_back(&job);
  }
  std::sort(found.begin(), found.end(),
            [](const Job* a, const Job* b) { return a->sequence > b->sequence; });
  return found;
}

void JobLedger::Forget(const Job& job) {
  pending_.erase(std::pair(job.ends_ms, job.sequence));
  jobs_.erase(Key{job.project, job.location, job.id});
}

std::string CanonicalLocation(const std::string& location) {
  std::string canonical = LowerCase(location);
  if (canonical == "us" || canonical == "eu") return canonical == "us" ? "US" : "EU";
  return canonical;
}

Status CheckJobId(const std::string& id) {
  const bool legal =
      !id.empty() && id.size() <= 1024 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-';
      });
  if (legal) return Done{};
  return Refuse("invalid", "Invalid job ID \"" + id +
                               "\". Job IDs must be alphanumeric (plus underscores and dashes) and "
                               "must be at most 1024 characters long.");
}

}  // namespace salvor::testing::bigquery
