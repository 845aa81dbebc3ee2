#include "bigquery/table/past_schema.h"

#include <algorithm>
#include <utility>

#include "bigquery/jobs/job_runner.h"
#include "bigquery/rest/resource_json.h"
#include "bigquery/sql/partition_filter.h"
#include "bigquery/sql/projection.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {
namespace {

constexpr const char* kRequired = "REQUIRED";

Result<Job> DryRun(const Connection& connection, const Table& today, Instant at,
                   const std::vector<std::string>& ids) {
  SALVOR_TRY(const PartitionFilter filter, PartitionFilter::Make(today.partitioning, today.fields));
  SALVOR_TRY(const std::string sql, PastRowsStatement(today.name, filter, ids, at));
  return DryRunSelect(connection.api, connection.clock, sql,
                      {.project = connection.job_project,
                       .location = today.location,
                       .max_bytes_billed = 0,
                       .parameters = nlohmann::json::array(),
                       .kms_key = *connection.kms_key});
}

bool AnyRequired(const std::vector<Field>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return field.mode == kRequired || AnyRequired(field.fields);
  });
}

void TakeRequired(const std::vector<Field>& today, std::vector<Field>& then) {
  for (Field& field : then) {
    const Field* now = FindField(today, field.name);
    if (now == nullptr) continue;
    if (now->mode == kRequired && field.mode == "NULLABLE") field.mode = kRequired;
    TakeRequired(now->fields, field.fields);
  }
}

}  // namespace

Result<std::vector<Field>> FieldsAt(const Connection& connection, const Table& today, Instant at) {
  SALVOR_TRY(const Job job, DryRun(connection, today, at, {}));
  SALVOR_TRY(auto fields, FieldsOfQuery(job));
  if (!AnyRequired(fields)) TakeRequired(today.fields, fields);
  return fields;
}

Result<int64_t> BytesAt(const Connection& connection, const Table& today, Instant at,
                        const std::vector<std::string>& ids) {
  SALVOR_TRY(const Job job, DryRun(connection, today, at, ids));
  return job.bytes_processed;
}

}  // namespace salvor::bigquery
