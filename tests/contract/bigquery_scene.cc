#include "tests/contract/bigquery_scene.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bigquery/engine.h"
#include "http/curl_client.h"
#include "io/random.h"

namespace salvor::contract {
namespace {

using Json = nlohmann::json;

class ServedScene final : public BigQueryScene {
 public:
  ServedScene(const Silences& silences, const io::Clock& clock)
      : clock_(clock), http_(http::CurlOptions{}) {
    const Status started = server_.Start();
    if (!started) ADD_FAILURE() << started.error().Message();
    for (const auto& [name, answer] : silences) {
      const Status set = server_.SetSilence(name, answer);
      if (!set) ADD_FAILURE() << set.error().Message();
    }
    for (const char* dataset : {"derived", "private"}) {
      Ask("POST", "/datasets",
          {{"datasetReference", {{"projectId", "prod"}, {"datasetId", dataset}}},
           {"location", "EU"}});
    }
    Sql("CREATE TABLE `prod.derived.t` (day DATE, x STRING) PARTITION BY day");
    Reopen();
  }

  testing::bigquery::Server& Server() override { return server_; }
  KillableClient& Wire() override { return wire_; }
  void Run(const std::string& sql) override { Sql(sql); }
  std::vector<std::string> TablesOf(const std::string& dataset) override {
    const Json answer = Ask("GET", "/datasets/" + dataset + "/tables", Json());
    std::vector<std::string> names;
    for (const Json& table : answer.value("tables", Json::array())) {
      names.push_back(table["tableReference"]["tableId"].get<std::string>());
    }
    return names;
  }
  void Choose(bool by_name, const std::string& definition) override {
    by_name_ = by_name;
    definition_ = definition;
  }
  bool VersionsAreInstants() const override { return true; }
  warehouse::Engine& Engine() override { return *engine_; }
  void Reopen() override {
    engine_.reset();
    api_ = std::make_unique<bigquery::Api>(wire_, clock_, io::SystemRandom(), server_.Url());
    bigquery::EngineOptions options;
    options.table = "bigquery:prod.derived.t";
    options.by_name = by_name_;
    options.definition = definition_;
    auto made = bigquery::MakeEngine(*api_, clock_, warehouse::NoProgress(), options);
    if (!made) ADD_FAILURE() << made.error().Message();
    if (made) engine_ = *std::move(made);
  }
  std::string StagingRoot() override { return "prod.private"; }

  void Insert(const Day& day, const RowSet& rows) override {
    std::string values;
    for (const std::string& row : rows) {
      values += fmt::format("{}({}, '{}')", values.empty() ? "" : ", ", Literal(day), row);
    }
    Sql("INSERT INTO `prod.derived.t` (day, x) VALUES " + values);
  }
  void Delete(const std::vector<Day>& days) override {
    std::string where;
    for (const Day& day : days) where += (where.empty() ? "" : " OR ") + Is(day);
    Sql("DELETE FROM `prod.derived.t` WHERE " + where);
  }
  void Overwrite(const Day& day, const RowSet& rows) override { WriteAnew(day, rows); }
  void Shorten(const Day& day, const RowSet& rows) override {
    // One statement, as one change: the rows that stay keep their text.
    std::string stay;
    for (const std::string& row : rows)
      stay += fmt::format("{}'{}'", stay.empty() ? "" : ", ", row);
    Sql(fmt::format("DELETE FROM `prod.derived.t` WHERE {} AND x NOT IN ({})", Is(day), stay));
    if (Rows(day) == rows) return;
    WriteAnew(day, rows);  // duplicates that a DELETE cannot tell apart
  }
  RowSet Rows(const Day& day) override {
    const Json answer = Sql("SELECT x FROM `prod.derived.t` WHERE " + Is(day));
    RowSet rows;
    for (const Json& row : answer.value("rows", Json::array())) {
      rows.insert(row["f"][0]["v"].get<std::string>());
    }
    return rows;
  }

 private:
  // In one transaction.
  void WriteAnew(const Day& day, const RowSet& rows) {
    std::string values;
    for (const std::string& row : rows) {
      values += fmt::format("{}({}, '{}')", values.empty() ? "" : ", ", Literal(day), row);
    }
    Sql(
        fmt::format("BEGIN TRANSACTION; DELETE FROM `prod.derived.t` WHERE {}; INSERT INTO "
                    "`prod.derived.t` (day, x) VALUES {}; COMMIT TRANSACTION;",
                    Is(day), values));
  }

  static std::string Literal(const Day& day) { return day ? "DATE '" + *day + "'" : "NULL"; }
  static std::string Is(const Day& day) {
    return day ? "day = " + Literal(day) : std::string("day IS NULL");
  }

  Json Ask(const std::string& method, const std::string& path, const Json& body) {
    http::Request request;
    request.method = method;
    request.url = server_.Url() + "/bigquery/v2/projects/prod" + path;
    request.headers.push_back({"Content-Type", "application/json"});
    if (!body.is_null()) request.body = body.dump();
    const auto response = http_.Send(request);
    if (!response) ADD_FAILURE() << response.error().Message();
    if (!response) return Json::object();
    EXPECT_EQ(response->status, 200) << body << "\n" << response->body;
    return Json::parse(response->body, nullptr, false);
  }
  Json Sql(const std::string& text) {
    Json answer =
        Ask("POST", "/queries", {{"query", text}, {"useLegacySql", false}, {"location", "EU"}});
    EXPECT_TRUE(answer.value("jobComplete", false)) << text;
    return answer;
  }

  const io::Clock& clock_;
  testing::bigquery::Server server_;
  http::CurlClient http_;
  KillableClient wire_{http_};
  bool by_name_ = false;
  std::string definition_;
  std::unique_ptr<bigquery::Api> api_;
  std::unique_ptr<warehouse::Engine> engine_;
};

}  // namespace

std::unique_ptr<BigQueryScene> MakeBigQueryScene(const Silences& silences, const io::Clock& clock) {
  return std::make_unique<ServedScene>(silences, clock);
}

}  // namespace salvor::contract
