// BigQuery's REST surface, version 2, as far as salvor uses it: typed, one method for each request.
// What the service says is checked before it is believed.
//
// Every request is repeated on passing faults (5xx, 429, connection loss, backendError,
// internalError, rateLimitExceeded) as http/retry.h says; never on quotaExceeded. That is safe
// because each is idempotent: what is made has a name or a job id that the caller chose.
//
// Errors: kPermission (what was denied), kUnavailable (a read got no answer, or a quota is used
// up), kOutcomeUnknown (a write got none), kTooLate (an instant before what time travel reaches),
// kConflict (a stale etag), kNotFound, kRefused, kInvalidArgument (the service did not take the
// request), kCorrupt (an answer that is not what the documentation says). A 404 to a `Get…` is a
// value.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/rest/table_name.h"
#include "http/client.h"
#include "http/retry.h"
#include "io/clock.h"
#include "io/random.h"

namespace salvor::bigquery {

inline constexpr std::string_view kServiceEndpoint = "https://bigquery.googleapis.com";

struct Field {
  std::string name;
  std::string type;  // INTEGER, FLOAT, BOOLEAN, RECORD: the API's first spelling of it
  std::string mode;  // NULLABLE, REQUIRED, REPEATED
  std::vector<Field> fields = {};      // of a RECORD
  std::vector<std::string> tags = {};  // policy tags and data policies on it, by resource name
};

enum class PartitionKind { kNone, kHour, kDay, kMonth, kYear, kRange };

struct Partitioning {
  PartitionKind kind = PartitionKind::kNone;
  std::string field;  // empty: by ingestion time (or not at all)
  std::optional<Millis> expiration = {};
  int64_t range_start = 0;
  int64_t range_end = 0;  // exclusive
  int64_t range_interval = 0;

  [[nodiscard]] bool IsPartitioned() const { return kind != PartitionKind::kNone; }
  [[nodiscard]] bool ByIngestionTime() const {
    return kind != PartitionKind::kNone && kind != PartitionKind::kRange && field.empty();
  }
};

// What a clone or snapshot was made from.
struct BaseTable {
  TableName name;
  Instant at;
};

struct StreamingBuffer {
  int64_t estimated_rows = 0;
  int64_t estimated_bytes = 0;
  std::optional<Instant> oldest;
};

// tables.get
struct Table {
  TableName name;
  std::string type;  // TABLE, VIEW, MATERIALIZED_VIEW, EXTERNAL, SNAPSHOT
  std::string etag;
  std::string location;
  Instant created;
  Instant modified;
  std::optional<Instant> expires;
  int64_t rows = 0;      // of the table or the partition that was asked for; without the streaming
  int64_t bytes = 0;     // buffer
  bool counted = false;  // false: the service did not say how many rows
  Partitioning partitioning;
  // "Not kept in real time, and might be delayed by a few seconds to a few minutes." 0: not told.
  int64_t partitions = 0;
  bool require_partition_filter = false;
  std::vector<std::string> clustering;
  std::vector<Field> fields;
  std::map<std::string, std::string> labels;
  std::string kms_key;
  std::optional<BaseTable> clone_of;
  std::optional<BaseTable> snapshot_of;
  std::optional<StreamingBuffer> streaming;
  nlohmann::json resource;  // as the service sent it
};

// datasets.get, view METADATA.
struct Dataset {
  DatasetName name;
  std::string location;
  Millis time_travel{168 * 3'600'000LL};
  std::optional<Millis> default_table_expiration;
  std::optional<Millis> default_partition_expiration;
  std::string default_kms_key;
  nlohmann::json resource;
};

struct JobRef {
  std::string project;
  std::string location;
  std::string id;

  bool operator==(const JobRef&) const = default;
};

struct JobError {
  std::string reason;  // "duplicate", "accessDenied", …
  std::string message;
};

// A job as it stands. DONE is not success: `error` says.
struct Job {
  enum class State { kPending, kRunning, kDone };
  JobRef ref;
  State state = State::kPending;
  std::optional<JobError> error;  // of a job that is done
  std::string user;
  Instant created;
  std::optional<Instant> started;
  std::optional<Instant> ended;
  int64_t bytes_processed = 0;
  int64_t bytes_billed = 0;
  int64_t copied_rows = 0;
  int64_t affected_rows = 0;  // DML
  nlohmann::json configuration;
  nlohmann::json statistics;
};

// jobs.insert. `already`: the id was taken, and `job` is the job that has it.
struct InsertedJob {
  Job job;
  bool already = false;
};

// jobs.list: the caller's own jobs that were made in this time, both ends included. What of it
// cannot be read is left out, so that a job which is not in it is a job about which nothing is
// known.
struct JobSpan {
  std::string project;
  Instant from;
  std::optional<Instant> to;
};
struct JobPage {
  std::vector<Job> jobs;
  std::string next;  // the token of the next page; empty after the last
};

// A query's answer: scalars as the API writes them (TIMESTAMP: microseconds since 1970), NULL as
// nothing. Nested values are kUnsupported.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

class Api {
 public:
  // The borrowed arguments must outlive it. `client` adds the credentials
  // (auth::AuthorizedClient); `endpoint` is scheme and host, without a path.
  Api(http::Client& client, const io::Clock& clock, const io::Random& random, std::string endpoint,
      http::RetryPolicy policy = {}, http::RetryWatcher watcher = {});

  [[nodiscard]] const std::string& Endpoint() const { return endpoint_; }
  // The service's time, which is what it compares instants with: this machine's clock, set right by
  // the answers so far (their dates, cut to the second, and the times of jobs). Behind the service
  // by little, and never ahead of it, since an instant in its future is an error. Before the first
  // answer: this machine's clock.
  [[nodiscard]] Instant Now() const;

  Result<std::optional<Dataset>> GetDataset(const DatasetName& name);
  // The `access` entries, view ACL with accessPolicyVersion=3.
  Result<std::optional<nlohmann::json>> GetDatasetAccess(const DatasetName& name);

  // `decorator`: "" or "$20260115". No document says that this answers of the past.
  Result<std::optional<Table>> GetTable(const TableName& name, std::string_view decorator = {});
  Result<Table> PatchTable(const TableName& name, const nlohmann::json& change,
                           std::string_view etag);
  // `false` if it was not there. Only a name without a decorator: the whole table.
  Result<bool> DeleteTable(const TableName& name);
  // Those of `permissions` that the caller has.
  Result<std::vector<std::string>> TestPermissions(const TableName& name,
                                                   const std::vector<std::string>& permissions);
  Result<nlohmann::json> GetTablePolicy(const TableName& name);
  // Names of the row-access policies; kPermission if they may not be listed.
  Result<std::vector<std::string>> ListRowAccessPolicies(const TableName& name);

  // `configuration` is a JobConfiguration ({"query": {...}, "dryRun": true, "labels": {...}}).
  Result<InsertedJob> InsertJob(const JobRef& ref, const nlohmann::json& configuration);
  Result<std::optional<Job>> GetJob(const JobRef& ref);
  Result<JobPage> ListJobs(const JobSpan& span, const std::string& page_token = {});
  // Of a query job that is done; every page. kRefused beyond `most_rows`.
  Result<Rows> QueryResults(const JobRef& ref, int64_t most_rows = 1'000'000);

  // Cloud Resource Manager v3, where projects and folders say who may what: `path` as in
  // "/v3/projects/p". Another endpoint than Google's is asked itself.
  Result<nlohmann::json> CallResourceManager(const std::string& method, const std::string& path,
                                             const nlohmann::json& body = {});

  // Any other request below the endpoint, repeated in the same way: {} for a 204. `path` begins
  // with a slash and is escaped. kNotFound for a 404.
  Result<nlohmann::json> Call(const std::string& method, const std::string& path,
                              const nlohmann::json& body = {},
                              const std::vector<http::Header>& headers = {});

 private:
  struct Reply {
    int status = 0;
    nlohmann::json body;
  };
  struct Asked {
    std::string method;
    std::string path;
    std::string body = {};
    std::vector<http::Header> headers = {};
    std::string what;       // for errors
    std::string base = {};  // scheme and host; empty: the endpoint
  };
  // 2xx, and the statuses that the caller wants as values (`also`).
  Result<Reply> Send(const Asked& asked, const std::vector<int>& also);

  void SetClockRight(const http::Response& response);

  http::RetryLoop loop_;
  const io::Clock& clock_;
  std::string endpoint_;
  static constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();
  std::atomic<int64_t> ahead_{kUnknown};  // ms by which the service's clock is ahead, at least
};

}  // namespace salvor::bigquery
