#include "testing/bigquery_server/rest/insert_job.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kStepMs = 5;

Result<std::string> KindOf(const Json& configuration) {
  SALVOR_OK(RefuseUnknown(configuration,
                          {"jobType", "query", "load", "copy", "extract", "dryRun", "jobTimeoutMs",
                           "labels", "maxSlots", "reservation"},
                          "job.configuration"));
  std::string kind;
  for (const char* one : {"query", "load", "copy", "extract"}) {
    if (Find(configuration, one) == nullptr) continue;
    if (!kind.empty()) return Refuse("invalid", "A job has one kind of configuration");
    kind = one;
  }
  if (kind.empty()) return Refuse("required", "Required parameter is missing: configuration");
  if (kind == "extract") return Refuse("notImplemented", "This server runs no extract jobs");
  return kind;
}

// Where a job without a location runs: where its datasets are.
std::string LocationOf(World& world, const std::string& project, const std::string& kind,
                       const Json& configuration) {
  const Json& part = configuration.at(kind);
  for (const char* member : {"destinationTable", "defaultDataset"}) {
    const std::string dataset = TextAt(part, std::string(member) + ".datasetId");
    if (dataset.empty()) continue;
    const auto found =
        world.store.FindDataset(TextAt(part, std::string(member) + ".projectId", project), dataset);
    if (found) return (*found)->Location();
  }
  // A query's own words name its datasets.
  const std::string text = TextAt(part, "query");
  for (const auto& [id, other] : world.store.catalogue().projects) {
    for (const auto& [name, dataset] : other.datasets) {
      if (text.find(name) != std::string::npos) return dataset.Location();
    }
  }
  return "US";
}

Status SpendCopyJob(World& world, const std::string& project) {
  const int64_t most = world.quotas.copy_jobs_per_day;
  auto& inserts = world.copy_inserts[project];
  const int64_t now = world.clock.NowMs();
  std::erase_if(inserts, [&](int64_t at) { return at <= now - kDayMs; });
  if (most > 0 && static_cast<int64_t>(inserts.size()) >= most) {
    return Refuse("quotaExceeded",
                  "Quota exceeded: Your project exceeded quota for copies per "
                  "project.");
  }
  inserts.push_back(now);
  return Done{};
}

Status CheckLabels(const Json& configuration) {
  const Json labels = configuration.value("labels", Json::object());
  if (!labels.is_object()) return Done{};
  for (const auto& [key, value] : labels.items()) {
    const auto legal = [](const std::string& text) {
      return text.size() <= 63 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                      c >= 0x80;
             });
    };
    if (key.empty() || !legal(key) || !legal(value.get<std::string>())) {
      return Refuse("invalid", "Invalid label \"" + key + "\"");
    }
  }
  return Done{};
}

Result<Job> JobOf(World& world, const Call& call, const Json& given, std::string upload) {
  const Json body = WithoutNulls(given);
  SALVOR_OK(RefuseUnknown(
      body,
      {"kind", "etag", "id", "selfLink", "user_email", "configuration", "jobReference",
       "statistics", "status", "jobCreationReason", "principal_subject"},
      "job"));
  Job job;
  job.project = call.Part("projectId");
  job.configuration = body.value("configuration", Json::object());
  SALVOR_TRY(job.kind, KindOf(job.configuration));
  SALVOR_OK(CheckLabels(job.configuration));
  const std::string project = TextAt(body, "jobReference.projectId", job.project);
  if (project != job.project) return Refuse("invalid", "The job's project is not the path's");
  job.id = TextAt(body, "jobReference.jobId");
  job.principal = call.principal;
  job.created_ms = world.clock.NowMs();
  const std::string location = TextAt(body, "jobReference.location");
  job.location = location.empty() ? LocationOf(world, job.project, job.kind, job.configuration)
                                  : CanonicalLocation(location);
  if (job.id.empty()) {
    job.id = "job_" + std::to_string(world.next_job++) + "_" + std::to_string(job.created_ms);
  }
  SALVOR_OK(CheckJobId(job.id));
  SALVOR_OK(world.authority.WantProject(call.principal, "bigquery.jobs.create", job.project));
  job.load_bytes = std::move(upload);
  const int64_t takes = job.kind == "copy"   ? world.durations.copy_ms
                        : job.kind == "load" ? world.durations.load_ms
                                             : world.durations.query_ms;
  job.ends_ms = job.created_ms + takes;
  return job;
}

}  // namespace

Result<Job*> AddJob(World& world, const Call& call, const Json& body, std::string upload) {
  SALVOR_TRY(Job job, JobOf(world, call, body, std::move(upload)));
  const auto taken = world.jobs.Find(job.project, job.location, job.id);
  if (taken && (*taken)->done && (*taken)->error && world.silences.Is("failed-job-id", "free")) {
    world.jobs.Forget(**taken);
  } else if (taken) {
    return Refuse("duplicate", "Already Exists: Job " + job.Text());
  }
  if (job.kind == "copy") {
    SALVOR_OK(SpendCopyJob(world, job.project));
    ++world.meters.copy_jobs;
  }
  if (job.kind == "load") ++world.meters.load_jobs;
  if (job.kind == "query") ++world.meters.query_jobs;
  return world.jobs.Add(std::move(job));
}

Result<Json> InsertJob(World& world, const Call& call, const Json& body, std::string upload) {
  if (FlagAt(body, "configuration.dryRun")) {
    SALVOR_TRY(Job job, JobOf(world, call, body, {}));
    if (job.kind != "query") return Refuse("invalid", "dryRun is for query jobs");
    auto status = DryRunQuery(world, job);
    if (!status)
      return Refuse(ReasonOf(status.error(), "invalidQuery"),
                    ErrorProto(status.error(), "invalidQuery")["message"], "query");
    job.done = true;
    Json resource = job.Resource(world.clock.NowMs());
    resource["jobReference"].erase("jobId");
    return resource;
  }
  SALVOR_TRY(Job* const job, AddJob(world, call, body, std::move(upload)));
  return job->Resource(job->created_ms);
}

Result<bool> AwaitJob(World& world, const Call& call, const Job& job, int64_t millis) {
  SALVOR_OK(world.CatchUp());
  for (int64_t waited = 0; !job.done && waited < millis; waited += kStepMs) {
    call.lock->unlock();
    world.clock.Sleep(kStepMs);
    call.lock->lock();
    SALVOR_OK(world.CatchUp());
  }
  return job.done;
}

Status WantJob(World& world, const Call& call, const Job& job) {
  if (SameText(call.principal, job.principal) ||
      world.authority.MayOnProject(call.principal, "bigquery.jobs.get", job.project)) {
    return Done{};
  }
  return Refuse("accessDenied", "Access Denied: Job " + job.Text() +
                                    ": Permission bigquery.jobs.get denied on job " + job.Text() +
                                    " (or it may not exist).");
}

}  // namespace salvor::testing::bigquery
