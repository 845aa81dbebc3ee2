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
  };

  int64_t now = 1'800'000'000'000;
  int64_t created = 1'500'000'000'000;
  std::map<std::string, std::map<int64_t, int64_t>> rows;  // by id, from an instant on
  std::map<std::string, int64_t> modified;                 // by id; else `created`
  std::vector<ScriptedJob> jobs;
  std::map<std::string, int64_t> buffered;  // rows in the streaming buffer, by id
  int64_t query_bytes = 1'000;
  bool jobs_permitted = true;
  bool instant_of_partition_answered = true;
  bool instants_ignored = false;
  bool deleted = false;
  bool deleted_answered = false;  // table@instant of a deleted table
  int64_t deleted_at = INT64_MAX;
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
  bool rows_told = true;                  // of the past
  std::atomic<int64_t> gets = 0;
  int64_t window_moves_at = -1;  // that request of tables.get, and all that follow,
  int64_t window_moves_by = 0;   // find the window begun so much later, in ms

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
    ++gets;
    const std::string name = path.substr(path.find("/tables/") + 8);
    const size_t dollar = name.find('$');
    const size_t at_sign = name.find('@');
    const std::string id =
        dollar == std::string::npos ? "" : name.substr(dollar + 1, at_sign - dollar - 1);
    int64_t at = now;
    const bool past = at_sign != std::string::npos;
    if (past && !instants_ignored) at = std::stoll(name.substr(at_sign + 1));
    if (deleted && !(past && deleted_answered && at < deleted_at)) {
      return Refuse(404, "notFound", "Not found: Table p:d.t");
    }
    const bool moved = window_moves_at >= 0 && gets >= window_moves_at;
    const int64_t window = now - int64_t{604'800'000} + (moved ? window_moves_by : 0);
    const int64_t oldest = std::max(replaced_since.value_or(created), window);
    if (at < oldest) {
      return Refuse(
          400, "invalid",
          fmt::format("Invalid snapshot time {} for table p:d.t@{}. Cannot read before {}.", at, at,
                      oldest));
    }
    if (past && !id.empty() && !instant_of_partition_answered) {
      return Refuse(400, "invalid", "Table decorators cannot be combined");
    }
    Json body = past && !then.is_null() ? then : table;
    if (rows_told || !past) body["numRows"] = std::to_string(RowsAt(id, at));
    body["numBytes"] = std::to_string(16 * RowsAt(id, at));
    body["creationTime"] = std::to_string(created);
    body["lastModifiedTime"] = std::to_string(now);
    body["etag"] = "e";
    return Answer(200, body);
  }

  http::Response InsertJob(const std::string& text) {
    const Json body = Json::parse(text);
    const std::string sql = body["configuration"]["query"]["query"];
    if (sql.find(".INFORMATION_SCHEMA.JOBS") != std::string::npos && !jobs_permitted) {
      return Refuse(403, "accessDenied", "Access Denied: needs bigquery.jobs.listAll");
    }
    if (body["configuration"].value("dryRun", false)) {
      return Answer(200, {{"status", {{"state", "DONE"}}},
                          {"statistics", {{"totalBytesProcessed", std::to_string(query_bytes)}}}});
    }
    const std::lock_guard lock(mutex_);
    queries_[body["jobReference"]["jobId"]] = body["configuration"]["query"];
    return Answer(200, {{"jobReference", body["jobReference"]},
                        {"status", {{"state", "DONE"}}},
                        {"statistics",
                         {{"creationTime", std::to_string(now)},
                          {"endTime", std::to_string(now)},
                          {"query", {{"totalBytesBilled", "10485760"}}}}}});
  }

  http::Response ReadAnswer(const std::string& path) {
    const size_t begin = path.find("/queries/") + 9;
    const std::string id = path.substr(begin, path.find('?') - begin);
    const std::lock_guard lock(mutex_);
    const std::string sql = queries_.at(id)["query"];
    if (sql.find("INFORMATION_SCHEMA.PARTITIONS") != std::string::npos) return Partitions();
    if (sql.find("INFORMATION_SCHEMA.JOBS") != std::string::npos) return Jobs();
    if (sql.find("COUNT(*)") != std::string::npos) return Counts(sql);
    return Refuse(400, "invalidQuery", "not in the script");
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
    int64_t at = now;
    const std::string words = "SYSTEM_TIME AS OF TIMESTAMP '";
    if (const size_t begin = sql.find(words); begin != std::string::npos) {
      const size_t text = begin + words.size();
      at = MillisOf(*ParseInstant(sql.substr(text, sql.find("+00'", text) - text)));
    }
    Json list = Json::array();
    for (const auto& [id, changes] : rows) {
      int64_t count = RowsIn(changes, at);
      if (at == now && buffered.contains(id)) count += buffered.at(id);
      if (count == 0) continue;
      list.push_back({{"f", {Cell(id), Cell(std::to_string(count))}}});
    }
    return Page({"partition_id", "row_count"}, list);
  }

  http::Response Jobs() {
    Json list = Json::array();
    for (const ScriptedJob& job : jobs) {
      const auto deleted_rows =
          job.deleted ? std::optional(std::to_string(*job.deleted)) : std::nullopt;
      list.push_back(
          {{"f",
            {Cell(job.id), Cell(job.user), Cell("QUERY"), Cell(job.statement),
             Cell(std::to_string(job.started * 1'000)), Cell(std::to_string(job.started * 1'000)),
             Cell(std::to_string(job.ended * 1'000)), Cell(job.table_id), Cell(deleted_rows),
             Cell(std::nullopt)}}});
    }
    return Page({"job_id", "user_email", "job_type", "statement_type", "creation_time",
                 "start_time", "end_time", "table_id", "deleted_rows", "error"},
                list);
  }

  std::mutex mutex_;
  std::map<std::string, Json> queries_;
};

}  // namespace salvor::bigquery
