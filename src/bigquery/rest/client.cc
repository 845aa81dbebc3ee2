#include "bigquery/rest/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bigquery/rest/resource_json.h"
#include "http/date.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

constexpr int64_t kRowsInPage = 10'000;
constexpr int64_t kJobsInPage = 1'000;

// RFC 3986, a path segment. `$`, `@` and `:` are allowed there, and Google's own clients leave
// them.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~$@:").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string ProjectPath(const std::string& project) {
  return "/bigquery/v2/projects/" + Escape(project);
}

std::string DatasetPath(const DatasetName& name) {
  return ProjectPath(name.project) + "/datasets/" + Escape(name.dataset);
}

std::string TablePath(const TableName& name, std::string_view decorator = {}) {
  return DatasetPath(name.Dataset()) + "/tables/" + Escape(name.table) + Escape(decorator);
}

http::Verdict Judge(const http::Response& response) {
  if (response.status < 400) return http::Verdict::kAnswer;
  const auto body = ParseBody(response.body);
  const ServiceError error = ErrorFromBody(response.status, body ? *body : Json());
  if (!MayRepeat(error)) return http::Verdict::kAnswer;
  return response.status < 500 ? http::Verdict::kNotDone : http::Verdict::kMayBeDone;
}

Error ErrorOf(const ServiceError& error, const std::string& what, const std::string& where) {
  const Code code = CodeOf(error);
  std::string message = error.message.empty() ? "no message" : error.message;
  if (!error.reason.empty()) message += fmt::format(" [{}]", error.reason);
  return {code, fmt::format("BigQuery refused to {} ({}): {}", what, error.status, message), where,
          AdviceFor(code, error)};
}

void Raise(std::atomic<int64_t>& bound, int64_t value) {
  int64_t known = bound;
  while (value > known && !bound.compare_exchange_weak(known, value)) {
  }
}

// The times of a job are told to the millisecond: what happened before it ended is in the past of
// every instant taken afterwards.
int64_t AheadBy(const Job& job, Instant now) {
  return (job.ended.value_or(job.created) - now).count();
}

}  // namespace

Api::Api(http::Client& client, const io::Clock& clock, const io::Random& random,
         std::string endpoint, http::RetryPolicy policy, http::RetryWatcher watcher)
    : loop_(client, clock, random, policy, std::move(watcher)),
      clock_(clock),
      endpoint_(std::move(endpoint)) {
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

Instant Api::Now() const {
  const int64_t ahead = ahead_;
  return ahead == kUnknown ? clock_.Now() : clock_.Now() + Millis(ahead);
}

// An answer travels, and its date is cut to the second: each one tells a bound from below.
void Api::SetClockRight(const http::Response& response) {
  const auto date = http::ParseDate(response.Get("Date"));
  if (date) Raise(ahead_, (*date - clock_.Now()).count());
}

namespace {

constexpr const char* kAnotherServer =
    "Something else than BigQuery may have answered, such as a proxy or a login page: check the "
    "network, HTTPS_PROXY and BIGQUERY_EMULATOR_HOST";

tl::unexpected<Error> AnotherServer(int status, const std::string& what,
                                    const std::string& endpoint) {
  return Fail(
      Code::kCorrupt,
      fmt::format("asked to {}, a server answered {} without BigQuery's own words", what, status),
      endpoint, kAnotherServer);
}

}  // namespace

Result<Api::Reply> Api::Send(const Asked& asked, const std::vector<int>& also) {
  http::Request request;
  request.method = asked.method;
  request.url = (asked.base.empty() ? endpoint_ : asked.base) + asked.path;
  request.headers = asked.headers;
  if (!asked.body.empty()) {
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = asked.body;
  }
  const bool reads = asked.method == "GET";
  auto response = loop_.Send(request, http::Idempotency::kIdempotent, Judge);
  if (!response) {
    Error error = std::move(response).error();
    // A question that got no answer has no outcome that could be unknown.
    if (reads && error.code == Code::kOutcomeUnknown) error.code = Code::kUnavailable;
    return Fail(std::move(error).At("to " + asked.what).Next("Run the same command again"));
  }
  SetClockRight(*response);
  const int status = response->status;
  // What is asked for has a body, unless it was to be removed.
  const bool bare = response->body.empty() && !reads;
  auto body = bare ? Result<Json>(Json::object()) : ParseBody(response->body);
  if (status >= 200 && status < 300) {
    if (!body) return Fail(std::move(body).error().At("to " + asked.what).Next(kAnotherServer));
    if (!body->is_object()) return AnotherServer(status, asked.what, endpoint_);
    return Reply{status, *std::move(body)};
  }
  const bool says = body && body->is_object() && body->contains("error");
  const ServiceError problem = ErrorFromBody(status, body ? *body : Json());
  const bool passing = MayRepeat(problem);
  // A proxy's "not found" says nothing about a table.
  if (!says && status < 500 && !passing) return AnotherServer(status, asked.what, endpoint_);
  if (!passing && std::find(also.begin(), also.end(), status) != also.end()) {
    return Reply{status, *std::move(body)};
  }
  Error error = ErrorOf(problem, asked.what, endpoint_);
  if (!reads && passing && status >= 500) error.code = Code::kOutcomeUnknown;
  return Fail(std::move(error));
}

Result<std::optional<Dataset>> Api::GetDataset(const DatasetName& name) {
  SALVOR_TRY(Reply reply, Send({.method = "GET",
                                .path = DatasetPath(name) + "?datasetView=METADATA",
                                .what = "show dataset " + FormatName(name)},
                               {404}));
  if (reply.status == 404) return std::optional<Dataset>();
  SALVOR_TRY(Dataset dataset, DatasetFromJson(name, std::move(reply.body)));
  return std::optional(std::move(dataset));
}

Result<std::optional<Json>> Api::GetDatasetAccess(const DatasetName& name) {
  SALVOR_TRY(Reply reply,
             Send({.method = "GET",
                   .path = DatasetPath(name) + "?datasetView=ACL&accessPolicyVersion=3",
                   .what = "show who may read dataset " + FormatName(name)},
                  {404}));
  if (reply.status == 404) return std::optional<Json>();
  return std::optional(reply.body.value("access", Json::array()));
}

Result<std::optional<Table>> Api::GetTable(const TableName& name, std::string_view decorator) {
  SALVOR_TRY(Reply reply,
             Send({.method = "GET",
                   .path = TablePath(name, decorator),
                   .what = fmt::format("show table {}{}", FormatName(name), decorator)},
                  {404}));
  if (reply.status == 404) return std::optional<Table>();
  SALVOR_TRY(Table table, TableFromJson(name, std::move(reply.body)));
  // Left out, it would be read as none.
  if (!table.counted && table.type == "TABLE") {
    return Fail(Code::kCorrupt, "the service does not say how many rows the table has",
                FormatName(name) + std::string(decorator));
  }
  return std::optional(std::move(table));
}

Result<Table> Api::PatchTable(const TableName& name, const Json& change, std::string_view etag) {
  Asked asked{.method = "PATCH",
              .path = TablePath(name),
              .body = change.dump(-1, ' ', false, Json::error_handler_t::replace),
              .what = "change table " + FormatName(name)};
  if (!etag.empty()) asked.headers.push_back({"If-Match", std::string(etag)});
  SALVOR_TRY(Reply reply, Send(asked, {}));
  return TableFromJson(name, std::move(reply.body));
}

Result<bool> Api::DeleteTable(const TableName& name) {
  SALVOR_TRY(Reply reply, Send({.method = "DELETE",
                                .path = TablePath(name),
                                .what = "delete table " + FormatName(name)},
                               {404}));
  return reply.status != 404;
}

Result<std::vector<std::string>> Api::TestPermissions(const TableName& name,
                                                      const std::vector<std::string>& permissions) {
  SALVOR_TRY(Reply reply, Send({.method = "POST",
                                .path = TablePath(name) + ":testIamPermissions",
                                .body = Json{{"permissions", permissions}}.dump(),
                                .what = "ask for the rights on " + FormatName(name)},
                               {}));
  std::vector<std::string> granted;
  const Json list = reply.body.value("permissions", Json::array());
  for (const Json& one : list.is_array() ? list : Json::array()) {
    if (one.is_string()) granted.push_back(one.get<std::string>());
  }
  return granted;
}

Result<Json> Api::GetTablePolicy(const TableName& name) {
  SALVOR_TRY(Reply reply, Send({.method = "POST",
                                .path = TablePath(name) + ":getIamPolicy",
                                .body = R"({"options":{"requestedPolicyVersion":3}})",
                                .what = "show who may read " + FormatName(name)},
                               {}));
  return std::move(reply.body);
}

Result<std::vector<std::string>> Api::ListRowAccessPolicies(const TableName& name) {
  std::vector<std::string> policies;
  std::string page_token;
  do {
    std::string path = TablePath(name) + "/rowAccessPolicies";
    if (!page_token.empty()) path += "?pageToken=" + Escape(page_token);
    SALVOR_TRY(Reply reply, Send({.method = "GET",
                                  .path = path,
                                  .what = "list the row-access policies of " + FormatName(name)},
                                 {}));
    const Json list = reply.body.value("rowAccessPolicies", Json::array());
    for (const Json& one : list.is_array() ? list : Json::array()) {
      const Json reference = one.is_object() ? one.value("rowAccessPolicyReference", Json()) : one;
      const Json id = reference.is_object() ? reference.value("policyId", Json()) : Json();
      policies.push_back(id.is_string() ? id.get<std::string>() : "a policy without a name");
    }
    const Json next = reply.body.value("nextPageToken", Json());
    page_token = next.is_string() ? next.get<std::string>() : "";
  } while (!page_token.empty());
  return policies;
}

Result<InsertedJob> Api::InsertJob(const JobRef& ref, const Json& configuration) {
  const Json body{
      {"jobReference", {{"projectId", ref.project}, {"jobId", ref.id}, {"location", ref.location}}},
      {"configuration", configuration}};
  SALVOR_TRY(Reply reply, Send({.method = "POST",
                                .path = ProjectPath(ref.project) + "/jobs",
                                .body = body.dump(-1, ' ', false, Json::error_handler_t::replace),
                                .what = fmt::format("start a job in project {}", ref.project)},
                               {409}));
  if (reply.status != 409) {
    SALVOR_TRY(Job job, JobFromJson(reply.body));
    Raise(ahead_, AheadBy(job, clock_.Now()));
    return InsertedJob{std::move(job), false};
  }
  auto taken = GetJob(ref);
  if (taken && *taken) return InsertedJob{**std::move(taken), true};
  return Fail(Code::kOutcomeUnknown,
              fmt::format("the job id {} is taken, and the job that has it cannot be read{}",
                          ref.id, taken ? "" : ": " + taken.error().what),
              ref.project,
              "Run the same command as the person who ran it first, or with bigquery.jobs.get");
}

Result<std::optional<Job>> Api::GetJob(const JobRef& ref) {
  SALVOR_TRY(Reply reply,
             Send({.method = "GET",
                   .path = fmt::format("{}/jobs/{}?location={}", ProjectPath(ref.project),
                                       Escape(ref.id), Escape(ref.location)),
                   .what = "show job " + ref.id},
                  {404}));
  if (reply.status == 404) return std::optional<Job>();
  SALVOR_TRY(Job job, JobFromJson(reply.body));
  Raise(ahead_, AheadBy(job, clock_.Now()));
  return std::optional(std::move(job));
}

Result<JobPage> Api::ListJobs(const JobSpan& span, const std::string& page_token) {
  std::string path = fmt::format("{}/jobs?projection=full&maxResults={}&minCreationTime={}",
                                 ProjectPath(span.project), kJobsInPage, MillisOf(span.from));
  if (span.to) path += fmt::format("&maxCreationTime={}", MillisOf(*span.to));
  if (!page_token.empty()) path += "&pageToken=" + Escape(page_token);
  SALVOR_TRY(
      Reply reply,
      Send({.method = "GET", .path = path, .what = "list the jobs of project " + span.project},
           {}));
  return JobPageFromJson(reply.body);
}

Result<Rows> Api::QueryResults(const JobRef& ref, int64_t most_rows) {
  Rows rows;
  std::string page_token;
  int64_t total = 0;
  do {
    std::string path =
        fmt::format("{}/queries/{}?location={}&maxResults={}&formatOptions.useInt64Timestamp=true",
                    ProjectPath(ref.project), Escape(ref.id), Escape(ref.location), kRowsInPage);
    if (!page_token.empty()) path += "&pageToken=" + Escape(page_token);
    SALVOR_TRY(Reply reply,
               Send({.method = "GET", .path = path, .what = "read the answer of " + ref.id}, {}));
    SALVOR_OK(ReadPage(reply.body, rows, page_token, total));
    if (std::max(total, static_cast<int64_t>(rows.rows.size())) > most_rows) {
      return Fail(Code::kRefused, fmt::format("a query answers with {} rows", total), ref.id);
    }
  } while (!page_token.empty());
  if (static_cast<int64_t>(rows.rows.size()) != total) {
    return Fail(
        Code::kCorrupt,
        fmt::format("a query should answer with {} rows, and {} came", total, rows.rows.size()),
        ref.id, "Run the same command again");
  }
  return rows;
}

Result<Json> Api::CallResourceManager(const std::string& method, const std::string& path,
                                      const Json& body) {
  Asked asked{.method = method,
              .path = path,
              .body = body.is_null() ? "" : body.dump(),
              .what = fmt::format("{} {}", method, path)};
  if (endpoint_ == kServiceEndpoint) asked.base = "https://cloudresourcemanager.googleapis.com";
  SALVOR_TRY(Reply reply, Send(asked, {}));
  return std::move(reply.body);
}

Result<Json> Api::Call(const std::string& method, const std::string& path, const Json& body,
                       const std::vector<http::Header>& headers) {
  Asked asked{.method = method,
              .path = path,
              .body = body.is_null() || body.empty()
                          ? ""
                          : body.dump(-1, ' ', false, Json::error_handler_t::replace),
              .headers = headers,
              .what = fmt::format("{} {}", method, path)};
  SALVOR_TRY(Reply reply, Send(asked, {}));
  return std::move(reply.body);
}

}  // namespace salvor::bigquery
