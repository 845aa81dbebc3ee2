#include "bigquery/rest/resource_json.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/strings.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 64;
constexpr int64_t kLatestMillis = 253'402'300'799'999;  // the end of the year 9999

const Json& Null() {
  static const Json kNull;
  return kNull;
}

const Json& Member(const Json& object, const char* name) {
  if (!object.is_object()) return Null();
  const auto found = object.find(name);
  return found == object.end() ? Null() : *found;
}

tl::unexpected<Error> Wrong(const char* name) {
  return Fail(Code::kCorrupt, fmt::format("the service sent a '{}' that cannot be read", name));
}

// The API writes 64-bit integers as text.
Result<std::optional<int64_t>> MaybeInteger(const Json& object, const char* name) {
  const Json& member = Member(object, name);
  if (member.is_null()) return std::optional<int64_t>();
  if (member.is_number_unsigned() && member.get<uint64_t>() <= uint64_t{INT64_MAX}) {
    return std::optional(member.get<int64_t>());
  }
  if (member.is_number_integer() && !member.is_number_unsigned()) {
    return std::optional(member.get<int64_t>());
  }
  if (!member.is_string()) return Wrong(name);
  const auto& text = member.get_ref<const std::string&>();
  const auto value = ParseInt64(text);
  if (!value) return Wrong(name);
  return value;
}

Result<int64_t> Integer(const Json& object, const char* name, int64_t otherwise = 0) {
  SALVOR_TRY(auto value, MaybeInteger(object, name));
  return value.value_or(otherwise);
}

Result<std::optional<Instant>> MaybeInstant(const Json& object, const char* name) {
  SALVOR_TRY(auto millis, MaybeInteger(object, name));
  if (!millis) return std::optional<Instant>();
  if (*millis < 0 || *millis > kLatestMillis) return Wrong(name);
  return std::optional(InstantOfMillis(*millis));
}

Result<std::optional<Millis>> MaybeSpan(const Json& object, const char* name) {
  SALVOR_TRY(auto millis, MaybeInteger(object, name));
  if (!millis || *millis == 0) return std::optional<Millis>();
  // Longer than there are years, it could not even be added to an instant.
  if (*millis < 0 || *millis > kLatestMillis) return Wrong(name);
  return std::optional(Millis(*millis));
}

Result<std::string> Text(const Json& object, const char* name) {
  const Json& member = Member(object, name);
  if (member.is_null()) return std::string();
  if (!member.is_string()) return Wrong(name);
  return member.get<std::string>();
}

Result<bool> Flag(const Json& object, const char* name) {
  const Json& member = Member(object, name);
  if (member.is_null()) return false;
  if (!member.is_boolean()) return Wrong(name);
  return member.get<bool>();
}

Result<std::vector<std::string>> Texts(const Json& object, const char* name) {
  const Json& member = Member(object, name);
  std::vector<std::string> texts;
  if (member.is_null()) return texts;
  if (!member.is_array()) return Wrong(name);
  for (const Json& one : member) {
    if (!one.is_string()) return Wrong(name);
    texts.push_back(one.get<std::string>());
  }
  return texts;
}

// Both dialects' names of a type mean the same.
std::string FirstSpelling(const std::string& type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSpellings{{
      {"INT64", "INTEGER"},
      {"FLOAT64", "FLOAT"},
      {"BOOL", "BOOLEAN"},
      {"STRUCT", "RECORD"},
      {"DECIMAL", "NUMERIC"},
  }};
  for (const auto& [other, first] : kSpellings) {
    if (type == other) return std::string(first);
  }
  return type;
}

Result<std::vector<Field>> FieldsFromJson(const Json& list) {
  std::vector<Field> fields;
  if (list.is_null()) return fields;
  if (!list.is_array()) return Wrong("schema");
  for (const Json& entry : list) {
    Field field;
    SALVOR_TRY(field.name, Text(entry, "name"));
    SALVOR_TRY(std::string type, Text(entry, "type"));
    field.type = FirstSpelling(type);
    SALVOR_TRY(field.mode, Text(entry, "mode"));
    if (field.mode.empty()) field.mode = "NULLABLE";
    if (field.name.empty() || field.type.empty()) return Wrong("schema");
    SALVOR_TRY(field.tags, Texts(Member(entry, "policyTags"), "names"));
    const Json& policies = Member(entry, "dataPolicies");
    for (const Json& policy : policies.is_array() ? policies : Json::array()) {
      SALVOR_TRY(std::string name, Text(policy, "name"));
      field.tags.push_back(name.empty() ? "a data policy without a name" : std::move(name));
    }
    SALVOR_TRY(field.fields, FieldsFromJson(Member(entry, "fields")));
    fields.push_back(std::move(field));
  }
  return fields;
}

Status ReadTimePartitioning(const Json& json, Partitioning& partitioning) {
  SALVOR_TRY(std::string type, Text(json, "type"));
  constexpr std::array<std::pair<std::string_view, PartitionKind>, 4> kKinds{{
      {"DAY", PartitionKind::kDay},
      {"HOUR", PartitionKind::kHour},
      {"MONTH", PartitionKind::kMonth},
      {"YEAR", PartitionKind::kYear},
  }};
  for (const auto& [name, kind] : kKinds) {
    if (type == name) partitioning.kind = kind;
  }
  if (!partitioning.IsPartitioned()) {
    return Fail(Code::kUnsupported, fmt::format("partitioning of type '{}'", type), {},
                "salvor knows DAY, HOUR, MONTH, YEAR and integer ranges");
  }
  SALVOR_TRY(partitioning.field, Text(json, "field"));
  SALVOR_TRY(partitioning.expiration, MaybeSpan(json, "expirationMs"));
  return Done{};
}

Status ReadRangePartitioning(const Json& json, Partitioning& partitioning) {
  const Json& range = Member(json, "range");
  partitioning.kind = PartitionKind::kRange;
  SALVOR_TRY(partitioning.field, Text(json, "field"));
  SALVOR_TRY(partitioning.range_start, Integer(range, "start"));
  SALVOR_TRY(partitioning.range_end, Integer(range, "end"));
  SALVOR_TRY(partitioning.range_interval, Integer(range, "interval"));
  if (partitioning.field.empty() || partitioning.range_interval <= 0 ||
      partitioning.range_end <= partitioning.range_start) {
    return Wrong("rangePartitioning");
  }
  return Done{};
}

Status ReadPartitioning(const Json& resource, Table& table) {
  const Json& by_time = Member(resource, "timePartitioning");
  const Json& by_range = Member(resource, "rangePartitioning");
  if (!by_time.is_null()) SALVOR_OK(ReadTimePartitioning(by_time, table.partitioning));
  if (!by_range.is_null()) SALVOR_OK(ReadRangePartitioning(by_range, table.partitioning));
  SALVOR_TRY(table.require_partition_filter, Flag(resource, "requirePartitionFilter"));
  SALVOR_TRY(bool older_place, Flag(by_time, "requirePartitionFilter"));
  table.require_partition_filter = table.require_partition_filter || older_place;
  SALVOR_TRY(table.clustering, Texts(Member(resource, "clustering"), "fields"));
  return Done{};
}

Result<std::optional<BaseTable>> BaseFromJson(const Json& json, const char* time) {
  if (json.is_null()) return std::optional<BaseTable>();
  BaseTable base;
  const Json& reference = Member(json, "baseTableReference");
  SALVOR_TRY(base.name.project, Text(reference, "projectId"));
  SALVOR_TRY(base.name.dataset, Text(reference, "datasetId"));
  SALVOR_TRY(base.name.table, Text(reference, "tableId"));
  SALVOR_TRY(std::string at, Text(json, time));
  SALVOR_TRY(base.at, ParseServiceTime(at));
  return std::optional(std::move(base));
}

Status ReadLabels(const Json& json, std::map<std::string, std::string>& labels) {
  if (json.is_null()) return Done{};
  if (!json.is_object()) return Wrong("labels");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return Wrong("labels");
    labels.emplace(key, value.get<std::string>());
  }
  return Done{};
}

Status ReadStreaming(const Json& json, Table& table) {
  if (json.is_null()) return Done{};
  StreamingBuffer buffer;
  SALVOR_TRY(buffer.estimated_rows, Integer(json, "estimatedRows"));
  SALVOR_TRY(buffer.estimated_bytes, Integer(json, "estimatedBytes"));
  SALVOR_TRY(buffer.oldest, MaybeInstant(json, "oldestEntryTime"));
  table.streaming = buffer;
  return Done{};
}

Status ReadTimes(const Json& resource, Table& table) {
  SALVOR_TRY(auto created, MaybeInstant(resource, "creationTime"));
  SALVOR_TRY(auto modified, MaybeInstant(resource, "lastModifiedTime"));
  SALVOR_TRY(table.expires, MaybeInstant(resource, "expirationTime"));
  table.created = created.value_or(Instant{});
  table.modified = modified.value_or(table.created);
  return Done{};
}

Status ReadJobStatistics(const Json& statistics, Job& job) {
  SALVOR_TRY(auto created, MaybeInstant(statistics, "creationTime"));
  job.created = created.value_or(Instant{});
  SALVOR_TRY(job.started, MaybeInstant(statistics, "startTime"));
  SALVOR_TRY(job.ended, MaybeInstant(statistics, "endTime"));
  const Json& query = Member(statistics, "query");
  SALVOR_TRY(int64_t processed, Integer(statistics, "totalBytesProcessed"));
  SALVOR_TRY(job.bytes_processed, Integer(query, "totalBytesProcessed", processed));
  SALVOR_TRY(job.bytes_billed, Integer(query, "totalBytesBilled"));
  SALVOR_TRY(job.affected_rows, Integer(query, "numDmlAffectedRows"));
  SALVOR_TRY(job.copied_rows, Integer(Member(statistics, "copy"), "copiedRows"));
  return Done{};
}

Status ReadJobState(const Json& status, Job& job) {
  SALVOR_TRY(std::string state, Text(status, "state"));
  if (state == "DONE") {
    job.state = Job::State::kDone;
  } else if (state == "RUNNING") {
    job.state = Job::State::kRunning;
  } else if (state == "PENDING") {
    job.state = Job::State::kPending;
  } else {
    return Wrong("state");
  }
  const Json& error = Member(status, "errorResult");
  if (error.is_null()) return Done{};
  JobError problem;
  SALVOR_TRY(problem.reason, Text(error, "reason"));
  SALVOR_TRY(problem.message, Text(error, "message"));
  job.error = std::move(problem);
  return Done{};
}

}  // namespace

Result<Json> ParseBody(std::string_view body) {
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  Json json = Json::parse(body, watch, /*allow_exceptions=*/false);
  if (too_deep) return Fail(Code::kCorrupt, "the service's answer is nested too deeply");
  if (json.is_discarded()) return Fail(Code::kCorrupt, "the service's answer is not JSON");
  return json;
}

Result<Table> TableFromJson(const TableName& name, Json resource) {
  Table table;
  table.name = name;
  SALVOR_TRY(table.type, Text(resource, "type"));
  if (table.type.empty()) return Wrong("type");
  SALVOR_TRY(table.etag, Text(resource, "etag"));
  SALVOR_TRY(table.location, Text(resource, "location"));
  SALVOR_OK(ReadTimes(resource, table));
  SALVOR_TRY(table.rows, Integer(resource, "numRows"));
  table.counted = resource.contains("numRows");
  SALVOR_TRY(table.bytes, Integer(resource, "numBytes"));
  if (table.rows < 0 || table.bytes < 0) return Wrong("numRows");
  SALVOR_OK(ReadPartitioning(resource, table));
  SALVOR_TRY(table.partitions, Integer(resource, "numPartitions"));
  SALVOR_TRY(table.fields, FieldsFromJson(Member(Member(resource, "schema"), "fields")));
  SALVOR_OK(ReadLabels(Member(resource, "labels"), table.labels));
  SALVOR_TRY(table.kms_key, Text(Member(resource, "encryptionConfiguration"), "kmsKeyName"));
  SALVOR_TRY(table.clone_of, BaseFromJson(Member(resource, "cloneDefinition"), "cloneTime"));
  SALVOR_TRY(table.snapshot_of,
             BaseFromJson(Member(resource, "snapshotDefinition"), "snapshotTime"));
  SALVOR_OK(ReadStreaming(Member(resource, "streamingBuffer"), table));
  table.resource = std::move(resource);
  return table;
}

Result<Dataset> DatasetFromJson(const DatasetName& name, Json resource) {
  constexpr int64_t kHour = 3'600'000;
  Dataset dataset;
  dataset.name = name;
  SALVOR_TRY(dataset.location, Text(resource, "location"));
  SALVOR_TRY(int64_t hours, Integer(resource, "maxTimeTravelHours", 168));
  if (hours < 0 || hours > 168) return Wrong("maxTimeTravelHours");
  dataset.time_travel = Millis(hours * kHour);
  SALVOR_TRY(dataset.default_table_expiration, MaybeSpan(resource, "defaultTableExpirationMs"));
  SALVOR_TRY(dataset.default_partition_expiration,
             MaybeSpan(resource, "defaultPartitionExpirationMs"));
  SALVOR_TRY(dataset.default_kms_key,
             Text(Member(resource, "defaultEncryptionConfiguration"), "kmsKeyName"));
  dataset.resource = std::move(resource);
  return dataset;
}

Result<Job> JobFromJson(const Json& resource) {
  Job job;
  const Json& reference = Member(resource, "jobReference");
  SALVOR_TRY(job.ref.project, Text(reference, "projectId"));
  SALVOR_TRY(job.ref.id, Text(reference, "jobId"));
  SALVOR_TRY(job.ref.location, Text(reference, "location"));
  SALVOR_OK(ReadJobState(Member(resource, "status"), job));
  SALVOR_TRY(job.user, Text(resource, "user_email"));
  SALVOR_OK(ReadJobStatistics(Member(resource, "statistics"), job));
  job.configuration = Member(resource, "configuration");
  job.statistics = Member(resource, "statistics");
  return job;
}

Result<std::vector<Field>> FieldsOfQuery(const Job& job) {
  const Json& schema = Member(Member(job.statistics, "query"), "schema");
  SALVOR_TRY(auto fields, FieldsFromJson(Member(schema, "fields")));
  if (fields.empty()) return Wrong("schema");
  return fields;
}

Result<JobPage> JobPageFromJson(const Json& page) {
  JobPage found;
  SALVOR_TRY(found.next, Text(page, "nextPageToken"));
  const Json& list = Member(page, "jobs");
  if (list.is_null()) return found;
  if (!list.is_array()) return Wrong("jobs");
  for (const Json& resource : list) {
    auto job = JobFromJson(resource);
    if (job) found.jobs.push_back(*std::move(job));
  }
  return found;
}

Status ReadPage(const Json& page, Rows& rows, std::string& page_token, int64_t& total_rows) {
  SALVOR_TRY(bool complete, Flag(page, "jobComplete"));
  if (!complete) return Fail(Code::kUnavailable, "the query's answer is not complete yet");
  SALVOR_TRY(total_rows, Integer(page, "totalRows"));
  SALVOR_TRY(page_token, Text(page, "pageToken"));
  if (rows.columns.empty()) {
    SALVOR_TRY(auto fields, FieldsFromJson(Member(Member(page, "schema"), "fields")));
    for (Field& field : fields) rows.columns.push_back(std::move(field.name));
  }
  const Json& list = Member(page, "rows");
  if (list.is_null()) return Done{};
  if (!list.is_array()) return Wrong("rows");
  for (const Json& entry : list) {
    const Json& cells = Member(entry, "f");
    if (!cells.is_array() || cells.size() != rows.columns.size()) return Wrong("rows");
    auto& row = rows.rows.emplace_back();
    for (const Json& cell : cells) {
      const Json& value = Member(cell, "v");
      if (value.is_null()) {
        row.emplace_back(std::nullopt);
      } else if (value.is_string()) {
        row.emplace_back(value.get<std::string>());
      } else {
        return Fail(Code::kUnsupported, "a nested value in a query's answer");
      }
    }
  }
  return Done{};
}

Result<Instant> ParseServiceTime(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return ParseInstant(text);
  size_t end = point + 1;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const std::string_view fraction = text.substr(point, std::min<size_t>(end - point, 4));
  return ParseInstant(fmt::format("{}{}{}", text.substr(0, point), fraction, text.substr(end)));
}

}  // namespace salvor::bigquery
