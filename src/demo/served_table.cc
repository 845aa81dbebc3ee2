#include "demo/served_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "delta/duckdb/database.h"
#include "demo/rows.h"

namespace salvor::demo {
namespace {

using nlohmann::json;

constexpr const char* kProject = "moz-fx-data-shared-prod";
constexpr const char* kDataset = "contextual_services_derived";
constexpr const char* kTable = "event_aggregates_v1";
constexpr const char* kSources = "contextual_services_stable";
constexpr const char* kSource = "event_aggregates_source_v1";
constexpr const char* kSandbox = "some-locked-down-sandbox-project";
constexpr const char* kOwner = "";  // who sends no token owns every project of the server
constexpr Millis kSourcesKeep = std::chrono::days(30);
constexpr int64_t kDaysAtATime = 300;
constexpr int kDeepest = 32;

std::string TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kDate:
      return "DATE";
    case ColumnType::kString:
      return "STRING";
    case ColumnType::kLong:
      return "INTEGER";
    case ColumnType::kBoolean:
      return "BOOLEAN";
  }
  return "";
}

json Schema() {
  json fields = json::array();
  for (const Column& column : Columns()) {
    fields.push_back({{"name", column.name}, {"type", TypeName(column.type)}});
  }
  return {{"fields", std::move(fields)}};
}

std::string Token(const std::string& who) { return who + "-token"; }

class Service {
 public:
  Service(http::Client& client, std::string endpoint)
      : client_(client), endpoint_(std::move(endpoint)) {}

  [[nodiscard]] std::string Url(const std::string& path) const {
    return fmt::format("{}/bigquery/v2/projects/{}", endpoint_, path);
  }

  Result<json> Ask(const std::string& method, const std::string& url, const std::string& type,
                   std::string body, const std::string& who) {
    http::Request request;
    request.method = method;
    request.url = url;
    request.body = std::move(body);
    if (!request.body.empty()) request.headers.push_back({"Content-Type", type});
    if (!who.empty()) request.headers.push_back({"Authorization", "Bearer " + Token(who)});
    SALVOR_TRY(const http::Response response, client_.Send(request));
    json answer;
    if (!NestsDeeperThan(response.body, kDeepest)) {
      answer = json::parse(response.body, nullptr, false);
    }
    if (response.status == 200 && answer.is_object()) return answer;
    const json message = answer.is_object()
                             ? answer.value("/error/message"_json_pointer, json(std::string()))
                             : json(std::string());
    return Fail(response.status == 404 ? Code::kUnsupported : Code::kUnavailable,
                fmt::format("the BigQuery server answered {}{}", response.status,
                            message.is_string() && !message.get<std::string>().empty()
                                ? ": " + message.get<std::string>()
                                : ""),
                url, "The demo needs salvor-bigquery-server, and an empty one");
  }
  Result<json> Post(const std::string& path, const json& body, const std::string& who = kOwner) {
    return Ask("POST", Url(path), "application/json", body.dump(), who);
  }
  Result<json> Test(const std::string& method, const std::string& what, const json& body = {}) {
    return Ask(method, fmt::format("{}/salvor-test/{}", endpoint_, what), "application/json",
               body.is_null() ? "" : body.dump(), kOwner);
  }

  Result<json> Query(const std::string& sql, const std::string& who) {
    SALVOR_TRY(json answer,
               Post(std::string(kProject) + "/queries",
                    {{"query", sql}, {"useLegacySql", false}, {"location", "US"}}, who));
    if (answer.value("jobComplete", false)) return answer;
    return Fail(Code::kUnavailable, "the server takes its time for a query", endpoint_,
                "Start it without --query-seconds");
  }

  // One load job: JSON lines into the table.
  Status Load(const char* dataset, const char* table, const std::string& lines,
              const std::string& who) {
    const json job{{"configuration",
                    {{"load",
                      {{"destinationTable",
                        {{"projectId", kProject}, {"datasetId", dataset}, {"tableId", table}}},
                       {"sourceFormat", "NEWLINE_DELIMITED_JSON"},
                       {"writeDisposition", "WRITE_APPEND"}}}}},
                   {"jobReference", {{"projectId", kProject}, {"location", "US"}}}};
    const std::string mark = "salvor-demo-rows";
    std::string body = fmt::format(
        "--{0}\r\nContent-Type: application/json\r\n\r\n{1}\r\n--{0}\r\nContent-Type: */*\r\n\r\n",
        mark, job.dump());
    body += lines + "\r\n--" + mark + "--\r\n";
    SALVOR_TRY(const json inserted,
               Ask("POST",
                   fmt::format("{}/upload/bigquery/v2/projects/{}/jobs?uploadType=multipart",
                               endpoint_, kProject),
                   "multipart/related; boundary=\"" + mark + "\"", std::move(body), who));
    return AwaitJob(inserted.value("/jobReference/jobId"_json_pointer, std::string()));
  }

  // Moves the server's clock to this instant.
  Status MoveTo(Instant at) {
    SALVOR_TRY(const json clock, Test("GET", "clock"));
    return Move(MillisOf(at) - clock.value("now_ms", int64_t{0}));
  }
  // And back to this machine's time.
  Status MoveToToday() {
    SALVOR_TRY(const json clock, Test("GET", "clock"));
    return Move(-clock.value("offset_ms", int64_t{0}));
  }

 private:
  // The server's jobs take no time unless it was started so.
  Status AwaitJob(const std::string& id) {
    SALVOR_TRY(const json job, Ask("GET", fmt::format("{}/jobs/{}?location=US", Url(kProject), id),
                                   "", "", kOwner));
    const json failure = job.value("/status/errorResult/message"_json_pointer, json());
    if (failure.is_string()) {
      return Fail(Code::kInternal, "a load job failed: " + failure.get<std::string>(), id);
    }
    if (job.value("/status/state"_json_pointer, json()) == "DONE") return Done{};
    return Fail(Code::kUnavailable, "the server takes its time for a load job", endpoint_,
                "Start it without --load-seconds");
  }

  Status Move(int64_t millis) {
    SALVOR_TRY([[maybe_unused]] const json moved, Test("POST", "clock", {{"advance_ms", millis}}));
    return Done{};
  }

  http::Client& client_;
  std::string endpoint_;
};

// The rows of the days as JSON lines.
class RowWriter {
 public:
  RowWriter() : duck_(delta::Duck::Options{.memory_limit_bytes = int64_t{512} << 20U}) {}

  Result<std::string> Lines(const Days& days) {
    SALVOR_TRY(const auto rows, duck_.Rows(fmt::format("SELECT COLUMNS(*)::VARCHAR FROM ({})",
                                                       RowsQuery(days.first, days.last))));
    std::string lines;
    for (const delta::Duck::Row& row : rows) {
      json line = json::object();
      for (size_t i = 0; i < row.size(); ++i) {
        const Column& column = Columns()[i];
        if (!row[i]) continue;
        if (column.type == ColumnType::kBoolean) {
          line[std::string(column.name)] = *row[i] == "true";
        } else {
          line[std::string(column.name)] = *row[i];
        }
      }
      lines += line.dump() + "\n";
    }
    return lines;
  }

 private:
  delta::Duck duck_;
};

std::string Full(const char* dataset, const char* table) {
  return fmt::format("`{}.{}.{}`", kProject, dataset, table);
}

std::string Between(const Days& days) {
  return fmt::format("submission_date BETWEEN '{}' AND '{}'", FormatDay(days.first),
                     FormatDay(days.last));
}

class Builder {
 public:
  Builder(http::Client& client, const std::string& endpoint) : service_(client, endpoint) {}

  Result<ServedTable> Build(Instant now) {
    ServedTable made;
    made.address = fmt::format("bigquery:{}.{}.{}", kProject, kDataset, kTable);
    made.staging = fmt::format("{}.{}", kSandbox, kDataset);
    made.query_url = service_.Url(std::string(kProject) + "/queries");
    SALVOR_TRY(made.history, PlanHistory(now));
    SALVOR_OK(service_.MoveTo(made.history.happenings.front().at - std::chrono::minutes(5)));
    SALVOR_OK(NamePeople(made.history));
    SALVOR_OK(MakeDatasets());
    int64_t last = 0;
    for (const Happening& happening : made.history.happenings) {
      SALVOR_OK(service_.MoveTo(happening.at));
      if (happening.kind == Happening::Kind::kBackfill) {
        made.query = QueryUntil({made.history.written.first, last});
        SALVOR_TRY(made.before, Read(made.query));
      }
      SALVOR_OK(Happen(happening));
      if (!happening.Empties()) last = happening.days.last;
      if (happening.kind == Happening::Kind::kDelete) {
        SALVOR_TRY(made.after, Read(made.query));
      }
    }
    SALVOR_OK(service_.MoveToToday());
    return made;
  }

  Result<Reading> Read(const std::string& query) {
    SALVOR_TRY(const json answer, service_.Query(query, kOwner));
    const auto cell = [&](int column) {
      const json value = answer.value(json::json_pointer(fmt::format("/rows/0/f/{}/v", column)),
                                      json(std::string()));
      return value.is_string() ? value.get<std::string>() : std::string();
    };
    return Reading{std::strtoll(cell(0).c_str(), nullptr, 10),
                   std::strtoll(cell(1).c_str(), nullptr, 10), cell(2)};
  }

 private:
  static std::string QueryUntil(const Days& days) {
    return fmt::format(
        "SELECT COUNT(DISTINCT submission_date) AS days, COUNT(*) AS row_count, "
        "SUM(CAST(FARM_FINGERPRINT(TO_JSON_STRING(t)) AS BIGNUMERIC)) AS fingerprint "
        "FROM {} AS t WHERE {}",
        Full(kDataset, kTable), Between(days));
  }

  // Everybody who writes to the table may also read it.
  Status NamePeople(const History& history) {
    json tokens = json::object();
    json members = json::array();
    for (const Happening& happening : history.happenings) {
      if (happening.kind == Happening::Kind::kMove) continue;
      tokens[Token(happening.who)] = PrincipalOf(happening);
      const json member = "user:" + PrincipalOf(happening);
      if (std::find(members.begin(), members.end(), member) == members.end()) {
        members.push_back(member);
      }
    }
    const json bindings{{{"role", "roles/owner"}, {"members", {"user:owner@example.com"}}},
                        {{"role", "roles/bigquery.dataEditor"}, {"members", members}},
                        {{"role", "roles/bigquery.jobUser"}, {"members", members}}};
    SALVOR_TRY(
        [[maybe_unused]] const json named,
        service_.Test("POST", "people",
                      {{"tokens", tokens}, {"projects", {{kProject, {{"bindings", bindings}}}}}}));
    return Done{};
  }
  static std::string PrincipalOf(const Happening& happening) {
    return happening.who.find('@') == std::string::npos ? happening.who + "@example.com"
                                                        : happening.who;
  }

  Status MakeDatasets() {
    for (const auto& [project, dataset] :
         {std::pair{kProject, kDataset}, {kProject, kSources}, {kSandbox, kDataset}}) {
      SALVOR_TRY(
          [[maybe_unused]] const json made,
          service_.Post(std::string(project) + "/datasets",
                        {{"datasetReference", {{"projectId", project}, {"datasetId", dataset}}},
                         {"location", "US"},
                         {"access", {{{"role", "OWNER"}, {"userByEmail", "owner@example.com"}}}}}));
    }
    SALVOR_OK(MakeTable(kDataset, kTable, {{"type", "DAY"}, {"field", "submission_date"}}));
    return MakeTable(kSources, kSource,
                     {{"type", "DAY"},
                      {"field", "submission_date"},
                      {"expirationMs", std::to_string(kSourcesKeep.count())}});
  }

  Status MakeTable(const char* dataset, const char* table, const json& partitioning) {
    SALVOR_TRY(
        [[maybe_unused]] const json made,
        service_.Post(fmt::format("{}/datasets/{}/tables", kProject, dataset),
                      {{"tableReference",
                        {{"projectId", kProject}, {"datasetId", dataset}, {"tableId", table}}},
                       {"schema", Schema()},
                       {"timePartitioning", partitioning},
                       {"clustering", {{"fields", {"source", "event_type"}}}},
                       {"requirePartitionFilter", true}}));
    return Done{};
  }

  Status Happen(const Happening& happening) {
    switch (happening.kind) {
      case Happening::Kind::kMove:
        return Load(happening.days, kOwner);
      case Happening::Kind::kNightly:
        return Load(happening.days, happening.who);
      case Happening::Kind::kBackfill:
        return Run(fmt::format("BEGIN TRANSACTION;\n"
                               "DELETE FROM {0} WHERE {2};\n"
                               "INSERT INTO {0} ({3}) SELECT {3} FROM {1} WHERE {2};\n"
                               "COMMIT TRANSACTION;",
                               Full(kDataset, kTable), Full(kSources, kSource),
                               Between(happening.days), ColumnNames()),
                   happening.who);
      case Happening::Kind::kDelete:
        return Run(
            fmt::format("DELETE FROM {} WHERE {}", Full(kDataset, kTable), Between(happening.days)),
            happening.who);
    }
    return Done{};
  }

  static std::string ColumnNames() {
    std::string names;
    for (const Column& column : Columns()) {
      names += (names.empty() ? "`" : ", `") + std::string(column.name) + "`";
    }
    return names;
  }

  Status Run(const std::string& sql, const std::string& who) {
    SALVOR_TRY([[maybe_unused]] const json done, service_.Query(sql, who));
    return Done{};
  }

  Status Load(const Days& days, const std::string& who) {
    for (int64_t first = days.first; first <= days.last; first += kDaysAtATime) {
      SALVOR_TRY(const std::string lines,
                 writer_.Lines({first, std::min(days.last, first + kDaysAtATime - 1)}));
      SALVOR_OK(service_.Load(kDataset, kTable, lines, who));
    }
    return Done{};
  }

  Service service_;
  RowWriter writer_;
};

}  // namespace

Result<ServedTable> BuildServedTable(http::Client& client, const std::string& endpoint,
                                     Instant now) {
  return Builder(client, endpoint).Build(now);
}

Result<Reading> ReadServedTable(http::Client& client, const ServedTable& table) {
  const std::string path = "/bigquery/v2/projects/";
  return Builder(client, table.query_url.substr(0, table.query_url.find(path))).Read(table.query);
}

std::string ReadingRequest(const ServedTable& table) {
  return json{{"query", table.query}, {"useLegacySql", false}, {"location", "US"}}.dump();
}

}  // namespace salvor::demo
