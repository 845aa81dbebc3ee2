#include "bigquery/jobs/job_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "bigquery/rest/resource_json.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

constexpr int64_t kFirstPoll = 100;
constexpr int64_t kLongestPoll = 5'000;

// An id for a job that only reads: nothing is lost if it is never found again, and two of the same
// id would be the same question at the same moment.
std::string FreshId(const io::Clock& clock, const std::string& sql) {
  static std::atomic<uint64_t> counter = 0;
  const std::string digest =
      Sha256Hex(fmt::format("{} {} {}", MillisOf(clock.Now()), counter.fetch_add(1), sql));
  return "salvor-look-" + digest.substr(0, 32);
}

Json Parameter(const std::string& name, const char* type, const std::string& value) {
  return {
      {"name", name}, {"parameterType", {{"type", type}}}, {"parameterValue", {{"value", value}}}};
}

}  // namespace

Json QueryConfiguration(const std::string& sql, const QueryOptions& options) {
  Json query{{"query", sql}, {"useLegacySql", false}};
  if (options.max_bytes_billed > 0) {
    query["maximumBytesBilled"] = std::to_string(options.max_bytes_billed);
  }
  if (!options.parameters.empty()) {
    query["parameterMode"] = "NAMED";
    query["queryParameters"] = options.parameters;
  }
  if (!options.kms_key.empty()) {
    query["destinationEncryptionConfiguration"] = {{"kmsKeyName", options.kms_key}};
  }
  return {{"query", std::move(query)}};
}

Json TextParameter(const std::string& name, const std::string& value) {
  return Parameter(name, "STRING", value);
}

Json TimestampParameter(const std::string& name, Instant value) {
  return Parameter(name, "TIMESTAMP", FormatInstant(value));
}

Result<Job> AwaitJob(Api& api, const io::Clock& clock, Job job) {
  int64_t wait = kFirstPoll;
  while (job.state != Job::State::kDone) {
    clock.Sleep(Millis(wait));
    wait = std::min(wait * 2, kLongestPoll);
    auto seen = api.GetJob(job.ref);
    if (!seen || !*seen) {
      const std::string why = seen ? "the service does not know it" : seen.error().what;
      return Fail(Code::kOutcomeUnknown,
                  fmt::format("job {} was started and cannot be read: {}", job.ref.id, why),
                  job.ref.project, "Run the same command again: it will ask about this job");
    }
    job = **std::move(seen);
  }
  return job;
}

Result<Job> RunJob(Api& api, const io::Clock& clock, const JobRef& ref, const Json& configuration) {
  SALVOR_TRY(InsertedJob inserted, api.InsertJob(ref, configuration));
  // The answer of a dry run and of some emulators leaves parts of the reference out.
  inserted.job.ref = ref;
  return AwaitJob(api, clock, std::move(inserted.job));
}

Error ErrorOfJob(const Job& job) {
  const JobError problem = job.error.value_or(JobError{"", "no error was given"});
  const ServiceError error{400, problem.reason, problem.message};
  const Code code = CodeOf(error);
  // A job that copies reads no values.
  const bool copies = job.configuration.is_object() && job.configuration.contains("copy");
  if (copies || SpeaksOfNoRows(error) || problem.message.empty() || !job.error) {
    return {code,
            fmt::format("job {} failed: {} [{}]", job.ref.id, problem.message, problem.reason),
            job.ref.project, AdviceFor(code, error)};
  }
  std::string next = AdviceFor(code, error);
  next += (next.empty() ? "" : ". ") +
          fmt::format(
              "The service's words may quote a row, so they are not repeated here: bq show "
              "-j {}:{}.{}",
              job.ref.project, job.ref.location, job.ref.id);
  return {code, fmt::format("job {} failed [{}]", job.ref.id, problem.reason), job.ref.project,
          std::move(next)};
}

bool MayRetryAsNewAttempt(const JobError& error) {
  constexpr std::array<std::string_view, 6> kPassing{"jobBackendError",      "jobInternalError",
                                                     "jobRateLimitExceeded", "backendError",
                                                     "internalError",        "rateLimitExceeded"};
  return std::find(kPassing.begin(), kPassing.end(), error.reason) != kPassing.end();
}

Result<QueryAnswer> RunSelect(Api& api, const io::Clock& clock, const std::string& sql,
                              const QueryOptions& options) {
  constexpr int kMostAttempts = 4;
  for (int attempt = 1;; ++attempt) {
    const JobRef ref{options.project, options.location, FreshId(clock, sql)};
    auto ran = RunJob(api, clock, ref, QueryConfiguration(sql, options));
    if (!ran && ran.error().code == Code::kOutcomeUnknown) {
      return Fail(Code::kUnavailable, ran.error().what, ran.error().where,
                  "It only reads, so that nothing was changed: run the same command again");
    }
    SALVOR_TRY(Job job, std::move(ran));
    if (!job.error) {
      SALVOR_TRY(Rows rows, api.QueryResults(ref));
      return QueryAnswer{std::move(job), std::move(rows)};
    }
    if (!MayRetryAsNewAttempt(*job.error) || attempt == kMostAttempts) return Fail(ErrorOfJob(job));
    clock.Sleep(Millis(1'000LL << attempt));
  }
}

Result<Job> DryRunSelect(Api& api, const io::Clock& clock, const std::string& sql,
                         const QueryOptions& options) {
  Json configuration = QueryConfiguration(sql, options);
  configuration["dryRun"] = true;
  const JobRef ref{options.project, options.location, FreshId(clock, sql)};
  SALVOR_TRY(InsertedJob inserted, api.InsertJob(ref, configuration));
  if (inserted.job.error) return Fail(ErrorOfJob(inserted.job));
  return std::move(inserted.job);
}

}  // namespace salvor::bigquery
