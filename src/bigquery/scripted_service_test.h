// A BigQuery that answers from a script, for tests of what looks at it: one table with a past, and
// the two INFORMATION_SCHEMA views that salvor reads. Thread-safe once it is set up.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "http/client.h"

namespace salvor::bigquery {

class ScriptedService final : public http::Client {
 public:
  using Json = nlohmann::json;

  struct ScriptedJob {
    std::string id;
    std::string user;
    std::string statement;
    std::string table_id;
    int64_t started = 0;
    int64_t ended = 0;
    std::optional<int64_t> deleted;
    std::optional<int64_t> inserted = {};
    std::optional<int64_t> updated = {};
    std::string type = "QUERY";
  };

  int64_t now = 1'800'000'000'000;
  int64_t created = 1'500'000'000'000;
  std::map<std::string, std::map<int64_t, int64_t>> rows;  // by id, from an instant on
  std::map<std::string, int64_t> modified;                 // by id; else `created`
  std::vector<ScriptedJob> jobs;
  std::map<std::string, int64_t> buffered;  // rows in the streaming buffer, by id
  int64_t query_bytes = 1'000;
  bool jobs_permitted = true;
  bool instants_ignored = false;  // by queries
  bool deleted = false;
  std::string job_disposition = "WRITE_APPEND";  // of load jobs, by jobs.get
  Json table = {{"type", "TABLE"},
                {"location", "EU"},
                {"schema",
                 {{"fields",
                   {{{"name", "submission_date"}, {"type", "DATE"}},
                    {{"name", "clicks"}, {"type", "INTEGER"}}}}}},
                {"timePartitioning", {{"type", "DAY"}, {"field", "submission_date"}}}};
  Json then = {};  // the table at past instants, where it was another
  Json row_policies = Json::array();
  Json permissions = {"bigquery.tables.get", "bigquery.tables.getData",
                      "bigquery.tables.getIamPolicy", "bigquery.tables.updateData"};

  std::optional<int64_t> replaced_since;  // an older table of the name was made then
  std::atomic<int64_t> asked = 0;         // requests, but for pages of answers
  std::atomic<int64_t> counts = 0;        // counting queries
  std::atomic<int64_t> readings_of_jobs = 0;
  int64_t last_write = now;
  std::atomic<int64_t> queries_with_a_key = 0;
  std::atomic<int64_t> queries_without_a_key = 0;
  std::atomic<int64_t> of_the_past = 0;  // requests of the past's metadata
  int64_t window_moves_at = -1;          // that counting query, and all that follow,
  int64_t window_moves_by = 0;           // find the window begun so much later, in ms

  void Set(const std::string& id, int64_t from, int64_t count) { rows[id][from] = count; }
  [[nodiscard]] int64_t RowsAt(const std::string& id, int64_t at) const {
    if (id.empty()) {
      int64_t sum = 0;
      for (const auto& [each, changes] : rows) sum += RowsIn(changes, at);
      return sum;
    }
    const auto found = rows.find(id);
    return found == rows.end() ? 0 : RowsIn(found->second, at);
  }

  Result<http::Response> Send(const http::Request& request) override {
    const std::string path = request.url.substr(request.url.find("/bigquery/v2"));
    if (path.find("/queries/") == std::string::npos) ++asked;
    if (request.method == "GET" && path.find("/jobs/") != std::string::npos) return GetJob(path);
    if (path.find("/rowAccessPolicies") != std::string::npos) {
      return Answer(200, {{"rowAccessPolicies", row_policies}});
    }
    if (path.find(":testIamPermissions") != std::string::npos) {
      return Answer(200, {{"permissions", permissions}});
    }
    if (path.find("/tables/") != std::string::npos) return GetTable(path);
    if (path.find("/datasets/") != std::string::npos) {
      return Answer(200, {{"location", "EU"}, {"maxTimeTravelHours", "168"}});
    }
    if (request.method == "POST" && path.ends_with("/jobs")) return InsertJob(request.body);
    if (path.find("/queries/") != std::string::npos) return ReadAnswer(path);
    return Refuse(404, "notFound", "no such path");
  }

 private:
  static int64_t RowsIn(const std::map<int64_t, int64_t>& changes, int64_t at) {
    const auto after = changes.upper_bound(at);
    return after == changes.begin() ? 0 : std::prev(after)->second;
  }
  static http::Response Answer(int status, const Json& body) { return {status, {}, body.dump()}; }
  static http::Response Refuse(int status, const std::string& reason, const std::string& message) {
    return Answer(status, {{"error",
                            {{"code", status},
                             {"message", message},
                             {"errors", {{{"reason", reason}, {"message", message}}}}}}});
  }

  http::Response GetTable(const std::string& path) {
    const std::string name = path.substr(path.find("/tables/") + 8);
    if (name.find('@') != std::string::npos) ++of_the_past;
    if (deleted) return Refuse(404, "notFound", "Not found: Table p:d.t");
    const size_t dollar = name.find('$');
    const std::string id = dollar == std::string::npos ? "" : name.substr(dollar + 1);
    Json body = table;
    body["numRows"] = std::to_string(RowsAt(id, now));
    body["numBytes"] = std::to_string(16 * RowsAt(id, now));
    body["creationTime"] = std::to_string(created);
    body["lastModifiedTime"] = std::to_string(last_write);
    body["etag"] = "e";
    return Answer(200, body);
  }

  http::Response GetJob(const std::string& path) {
    return Answer(
        200, {{"jobReference",
               {{"projectId", "p"},
                {"jobId", path.substr(path.rfind('/') + 1, path.find('?') - path.rfind('/') - 1)},
                {"location", "EU"}}},
              {"status", {{"state", "DONE"}}},
              {"configuration", {{"load", {{"writeDisposition", job_disposition}}}}}});
  }

  [[nodiscard]] int64_t Billed(const std::string& sql) const {
    constexpr int64_t kLeast = 10 << 20U;
    return sql.find("COUNT(*)") == std::string::npos ? kLeast : std::max(kLeast, query_bytes);
  }
  // At which instant a query reads; nothing: now.
  static std::optional<int64_t> InstantOf(const std::string& sql) {
    const std::string words = "SYSTEM_TIME AS OF TIMESTAMP '";
    const size_t begin = sql.find(words);
    if (begin == std::string::npos) return std::nullopt;
    const size_t text = begin + words.size();
    return MillisOf(*ParseInstant(sql.substr(text, sql.find("+00'", text) - text)));
  }
  // The first that can be read.
  [[nodiscard]] int64_t Oldest() const {
    const bool moved = window_moves_at >= 0 && counts >= window_moves_at;
    const int64_t window = now - int64_t{604'800'000} + (moved ? window_moves_by : 0);
    return std::max(replaced_since.value_or(created), window);
  }

  http::Response InsertJob(const std::string& text) {
    const Json body = Json::parse(text);
    const std::string sql = body["configuration"]["query"]["query"];
    const bool has_key =
        body["configuration"]["query"].contains("destinationEncryptionConfiguration");
    ++(has_key ? queries_with_a_key : queries_without_a_key);
    if (sql.find(".INFORMATION_SCHEMA.JOBS") != std::string::npos && !jobs_permitted) {
      return Refuse(403, "accessDenied", "Access Denied: needs bigquery.jobs.listAll");
    }
    const auto at = InstantOf(sql);
    if (at && *at < Oldest()) {
      return Refuse(400, "invalidQuery",
                    fmt::format("Invalid time travel timestamp {} for table p:d.t. Cannot read "
                                "before {}.",
                                *at, Oldest()));
    }
    if (body["configuration"].value("dryRun", false)) {
      const Json& schema = at && !then.is_null() ? then["schema"] : table["schema"];
      return Answer(200, {{"status", {{"state", "DONE"}}},
                          {"statistics",
                           {{"totalBytesProcessed", std::to_string(query_bytes)},
                            {"query", {{"schema", schema}}}}}});
    }
    if (sql.find("COUNT(*)") != std::string::npos) ++counts;
    const std::lock_guard lock(mutex_);
    queries_[body["jobReference"]["jobId"]] = body["configuration"]["query"];
    return Answer(200, {{"jobReference", body["jobReference"]},
                        {"status", {{"state", "DONE"}}},
                        {"statistics",
                         {{"creationTime", std::to_string(now)},
                          {"endTime", std::to_string(now)},
                          {"query", {{"totalBytesBilled", std::to_string(Billed(sql))}}}}}});
  }

  http::Response ReadAnswer(const std::string& path) {
    const size_t begin = path.find("/queries/") + 9;
    const std::string id = path.substr(begin, path.find('?') - begin);
    const std::lock_guard lock(mutex_);
    const std::string sql = queries_.at(id)["query"];
    if (sql.find("INFORMATION_SCHEMA.PARTITIONS") != std::string::npos) return Partitions();
    if (sql.find("INFORMATION_SCHEMA.JOBS") != std::string::npos) {
      ++readings_of_jobs;
      return Jobs();
    }
    if (sql.find("COUNT(*)") != std::string::npos) return Counts(sql);
    return Refuse(400, "invalidQuery", "not in the script");
  }

  static std::optional<std::string> TextOf(const std::optional<int64_t>& number) {
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  }
  static Json Cell(const std::optional<std::string>& text) {
    return {{"v", text ? Json(*text) : Json(nullptr)}};
  }
  static http::Response Page(const std::vector<std::string>& columns, const Json& list) {
    Json fields = Json::array();
    for (const std::string& column : columns) {
      fields.push_back({{"name", column}, {"type", "STRING"}});
    }
    return Answer(200, {{"jobComplete", true},
                        {"totalRows", std::to_string(list.size())},
                        {"schema", {{"fields", fields}}},
                        {"rows", list}});
  }

  http::Response Partitions() {
    Json list = Json::array();
    for (const auto& [id, changes] : rows) {
      const int64_t count = RowsIn(changes, now);
      if (count == 0) continue;
      const auto found = modified.find(id);
      const int64_t at = found == modified.end() ? created : found->second;
      list.push_back({{"f",
                       {Cell(id), Cell(std::to_string(count)), Cell(std::to_string(16 * count)),
                        Cell(std::to_string(at * 1'000))}}});
    }
    return Page({"partition_id", "total_rows", "total_logical_bytes", "last_modified_time"}, list);
  }

  // SELECT partition_id, row_count, at an instant or now with the streaming buffer.
  http::Response Counts(const std::string& sql) {
    const int64_t at = instants_ignored ? now : InstantOf(sql).value_or(now);
    Json list = Json::array();
    for (const auto& [id, changes] : rows) {
      int64_t count = RowsIn(changes, at);
      if (at == now && buffered.contains(id)) count += buffered.at(id);
      if (count == 0) continue;
      const std::string name = table.contains("timePartitioning") ? id : "";
      list.push_back({{"f", {Cell(name), Cell(std::to_string(count))}}});
    }
    return Page({"partition_id", "row_count"}, list);
  }

  http::Response Jobs() {
    Json list = Json::array();
    for (const ScriptedJob& job : jobs) {
      const auto deleted_rows = TextOf(job.deleted);
      list.push_back(
          {{"f",
            {Cell(job.id), Cell(job.user), Cell(job.type),
             job.type == "QUERY" ? Cell(job.statement) : Cell(std::nullopt),
             Cell(std::to_string(job.started * 1'000)), Cell(std::to_string(job.started * 1'000)),
             Cell(std::to_string(job.ended * 1'000)), Cell(job.table_id), Cell(deleted_rows),
             Cell(TextOf(job.inserted)), Cell(TextOf(job.updated)), Cell(std::nullopt)}}});
    }
    return Page(
        {"job_id", "user_email", "job_type", "statement_type", "creation_time", "start_time",
         "end_time", "table_id", "deleted_rows", "inserted_rows", "updated_rows", "error"},
        list);
  }

  std::mutex mutex_;
  std::map<std::string, Json> queries_;
};

}  // namespace salvor::bigquery
