// jobs.query and jobs.getQueryResults. Source: rest/v2/jobs/query, rest/v2/jobs/getQueryResults.
#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/insert_job.h"
#include "testing/bigquery_server/rest/paging.h"
#include "testing/bigquery_server/rest/router.h"
#include "testing/bigquery_server/store/row_json.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kPatienceMs = 10'000;
constexpr size_t kLargestPage = 50'000;

bool Says(const std::string& text) { return text == "true" || text == "True"; }

// The answer of both methods for a job that is done and went well.
Status LayResult(const Call& call, const Job& job, bool micros, Json& body) {
  body["jobComplete"] = true;
  body["cacheHit"] = false;
  body["totalBytesProcessed"] = TextAt(job.statistics, "totalBytesProcessed", "0");
  if (const Json* rows = Find(job.statistics, "query.numDmlAffectedRows")) {
    body["numDmlAffectedRows"] = *rows;
  }
  if (job.result == nullptr) {
    body["totalRows"] = "0";
    return Done{};
  }
  Json fields = Json::array();
  for (const Field& field : job.result->fields) fields.push_back(FieldResource(field));
  body["schema"] = {{"fields", std::move(fields)}};
  const auto& rows = job.result->rows;
  body["totalRows"] = std::to_string(rows.size());
  SALVOR_TRY(const Page page, PageOf(call, rows.size(), kLargestPage));
  for (size_t i = page.from; i < page.to; ++i) {
    body["rows"].push_back(micros ? rows[i] : WithFloatTimestamps(rows[i], job.result->fields));
  }
  if (page.to < rows.size()) body["pageToken"] = PageToken(page.to);
  return Done{};
}

Result<Answer> GetResults(World& world, const Call& call) {
  SALVOR_TRY(const Job* const job,
             world.jobs.Find(call.Part("projectId"), call.Query("location"), call.Part("jobId")));
  SALVOR_OK(WantJob(world, call, *job));
  if (job->kind != "query") return Refuse("invalid", "Job " + job->Text() + " is no query");
  const auto patience = ParseNumber(call.Query("timeoutMs")).value_or(kPatienceMs);
  SALVOR_TRY(const bool done, AwaitJob(world, call, *job, std::min(patience, kPatienceMs)));
  Json body = {{"kind", "bigquery#getQueryResultsResponse"},
               {"etag", "\"results\""},
               {"jobReference", job->Reference()},
               {"jobComplete", false}};
  if (!done) return Answer{200, body};
  if (job->error) {
    return Refuse(ReasonOf(*job->error, job->OtherReason()),
                  ErrorProto(*job->error, job->OtherReason())["message"], "q");
  }
  SALVOR_OK(LayResult(call, *job, Says(call.Query("formatOptions.useInt64Timestamp")), body));
  return Answer{200, body};
}

// The body of jobs.query, said as a job.
Result<Json> JobOf(const Call& call) {
  SALVOR_OK(RefuseUnknown(call.json,
                          {"kind",
                           "query",
                           "maxResults",
                           "defaultDataset",
                           "timeoutMs",
                           "jobTimeoutMs",
                           "dryRun",
                           "preserveNulls",
                           "useQueryCache",
                           "useLegacySql",
                           "parameterMode",
                           "queryParameters",
                           "location",
                           "formatOptions",
                           "connectionProperties",
                           "labels",
                           "maximumBytesBilled",
                           "requestId",
                           "createSession",
                           "jobCreationMode",
                           "continuous",
                           "destinationEncryptionConfiguration",
                           "writeIncrementalResults",
                           "maxSlots",
                           "reservation"},
                          "queryRequest"));
  Json body = {{"configuration", {{"query", Json::object()}}}, {"jobReference", Json::object()}};
  for (const char* name :
       {"query", "defaultDataset", "useQueryCache", "useLegacySql", "parameterMode",
        "queryParameters", "maximumBytesBilled", "createSession", "connectionProperties",
        "destinationEncryptionConfiguration"}) {
    if (const Json* value = Find(call.json, name)) body["configuration"]["query"][name] = *value;
  }
  for (const char* name : {"dryRun", "labels"}) {
    if (const Json* value = Find(call.json, name)) body["configuration"][name] = *value;
  }
  if (const Json* location = Find(call.json, "location")) {
    body["jobReference"]["location"] = *location;
  }
  return body;
}

Result<Answer> DryRun(World& world, const Call& call, const Json& body) {
  SALVOR_TRY(const Json job, InsertJob(world, call, body, {}));
  Json answer = {{"kind", "bigquery#queryResponse"},
                 {"jobComplete", true},
                 {"cacheHit", false},
                 {"totalRows", "0"},
                 {"totalBytesProcessed", TextAt(job, "statistics.totalBytesProcessed", "0")},
                 {"jobReference", job["jobReference"]}};
  if (const Json* schema = Find(job, "statistics.query.schema")) answer["schema"] = *schema;
  return Answer{200, answer};
}

Result<Answer> Query(World& world, const Call& call) {
  SALVOR_TRY(const Json body, JobOf(call));
  if (FlagAt(call.json, "dryRun")) return DryRun(world, call, body);
  const std::string request = TextAt(call.json, "requestId");
  const std::string known = request.empty() ? "" : call.Part("projectId") + "/" + request;
  Job* job = nullptr;
  if (const auto seen = world.query_requests.find(known);
      !known.empty() && seen != world.query_requests.end()) {
    SALVOR_TRY(
        job, world.jobs.Find(call.Part("projectId"), TextAt(call.json, "location"), seen->second));
  } else {
    SALVOR_TRY(job, AddJob(world, call, body, {}));
    if (!known.empty()) world.query_requests[known] = job->id;
  }
  const int64_t patience = NumberAt(call.json, "timeoutMs").value_or(kPatienceMs);
  SALVOR_TRY(const bool done, AwaitJob(world, call, *job, std::min(patience, kPatienceMs)));
  Json answer = {{"kind", "bigquery#queryResponse"},
                 {"jobReference", job->Reference()},
                 {"jobComplete", false},
                 {"queryId", job->id}};
  if (!done) return Answer{200, answer};
  if (job->error) {
    return Refuse(ReasonOf(*job->error, job->OtherReason()),
                  ErrorProto(*job->error, job->OtherReason())["message"], "q");
  }
  Call paged = {};
  paged.query = call.query;
  if (const Json* most = Find(call.json, "maxResults")) paged.query["maxResults"] = most->dump();
  SALVOR_OK(LayResult(paged, *job, FlagAt(call.json, "formatOptions.useInt64Timestamp"), answer));
  return Answer{200, answer};
}

}  // namespace

std::vector<Route> QueryRoutes() {
  return {
      {"jobs.query", "POST", "/bigquery/v2/projects/{projectId}/queries", {}, Query},
      {"jobs.getQueryResults",
       "GET",
       "/bigquery/v2/projects/{projectId}/queries/{jobId}",
       {"location", "maxResults", "pageToken", "startIndex", "timeoutMs",
        "formatOptions.useInt64Timestamp", "formatOptions.timestampOutputFormat"},
       GetResults},
  };
}

}  // namespace salvor::testing::bigquery
