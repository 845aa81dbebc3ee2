// jobs.insert, get, list, cancel. Source: rest/v2/jobs.
#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/insert_job.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

Result<Answer> Insert(World& world, const Call& call) {
  SALVOR_TRY(Json resource, InsertJob(world, call, call.json, {}));
  return Answer{200, std::move(resource)};
}

Result<Answer> Get(World& world, const Call& call) {
  SALVOR_TRY(const Job* const job,
             world.jobs.Find(call.Part("projectId"), call.Query("location"), call.Part("jobId")));
  SALVOR_OK(WantJob(world, call, *job));
  return Answer{200, job->Resource(world.clock.NowMs())};
}

// How long a list lags behind, where it does (a silence).
constexpr int64_t kListLagMs = 1'000;

Result<Answer> List(World& world, const Call& call) {
  const std::string& project = call.Part("projectId");
  const bool all_users = call.Query("allUsers") == "true" || call.Query("allUsers") == "True";
  if (all_users) {
    SALVOR_OK(world.authority.WantProject(call.principal, "bigquery.jobs.listAll", project));
  }
  const int64_t now = world.clock.NowMs();
  std::vector<Json> found;
  for (const Job* job : world.jobs.Of(project)) {
    if (!all_users && !SameText(job->principal, call.principal)) continue;
    if (call.Query("parentJobId") != job->parent_id) continue;
    const int64_t known_ms = job->parent_id.empty() ? job->created_ms : job->ends_ms;
    if (world.silences.Is("job-in-list", "late") && now < known_ms + kListLagMs) continue;
    const auto from = ParseNumber(call.Query("minCreationTime"));
    const auto to = ParseNumber(call.Query("maxCreationTime"));
    if ((from && job->created_ms < *from) || (to && job->created_ms > *to)) continue;
    const std::string wanted = call.Query("stateFilter");
    if (!wanted.empty() && !SameText(wanted, job->StateAt(now))) continue;
    Json item = job->Resource(now);
    item["state"] = job->StateAt(now);
    if (call.Query("projection") != "full") item.erase("configuration");
    found.push_back(std::move(item));
  }
  Json body = {{"kind", "bigquery#jobList"}, {"etag", "\"list\""}};
  SALVOR_OK(LayPage(found, "jobs", call, body));
  return Answer{200, body};
}

// A query that still waits is stopped; a copy cannot be.
Result<Answer> Cancel(World& world, const Call& call) {
  SALVOR_TRY(Job* const job,
             world.jobs.Find(call.Part("projectId"), call.Query("location"), call.Part("jobId")));
  SALVOR_OK(WantJob(world, call, *job));
  if (!job->done && job->kind == "query") {
    job->error = ApiError("stopped", "Job execution was cancelled: User requested cancellation");
  }
  return Answer{
      200, {{"kind", "bigquery#jobCancelResponse"}, {"job", job->Resource(world.clock.NowMs())}}};
}

}  // namespace

std::vector<Route> JobRoutes() {
  constexpr std::string_view kAll = "/bigquery/v2/projects/{projectId}/jobs";
  return {
      {"jobs.insert", "POST", kAll, {}, Insert},
      {"jobs.list",
       "GET",
       kAll,
       {"allUsers", "maxResults", "pageToken", "projection", "stateFilter", "minCreationTime",
        "maxCreationTime", "parentJobId"},
       List},
      {"jobs.get",
       "GET",
       "/bigquery/v2/projects/{projectId}/jobs/{jobId}",
       {"location", "projection"},
       Get},
      {"jobs.cancel",
       "POST",
       "/bigquery/v2/projects/{projectId}/jobs/{jobId}/cancel",
       {"location"},
       Cancel},
  };
}

}  // namespace salvor::testing::bigquery
