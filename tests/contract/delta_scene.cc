#include "tests/contract/delta_scene.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "delta/duckdb/database.h"
#include "delta/engine.h"
#include "io/posix_fs.h"

namespace salvor::contract {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class DeltaScene final : public EngineScene {
 public:
  DeltaScene() : duck_(delta::Duck::Options{}) {
    std::string pattern = ::testing::TempDir() + "salvor-engine-contract-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = fs::canonical(pattern);
    fs::create_directories(root_ / "lake/t/_delta_log");
    fs::create_directory(root_ / "private");
    fs::permissions(root_ / "private", fs::perms::owner_all);
    const Json fields = {Field("day", "date"), Field("x", "string")};
    Commit({{{"protocol", {{"minReaderVersion", 1}, {"minWriterVersion", 2}}}},
            {{"metaData",
              {{"id", "11111111-2222-3333-4444-555555555555"},
               {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
               {"schemaString", Json{{"type", "struct"}, {"fields", fields}}.dump()},
               {"partitionColumns", {"day"}},
               {"configuration", Json::object()},
               {"createdTime", 1}}}}},
           "CREATE TABLE");
    Reopen();
  }
  ~DeltaScene() override { fs::remove_all(root_); }

  warehouse::Engine& Engine() override { return *engine_; }
  void Reopen() override {
    auto made = delta::MakeEngine(posix_, io::SystemClock(), warehouse::NoProgress(), Table());
    if (!made) ADD_FAILURE() << made.error().Message();
    if (made) engine_ = *std::move(made);
  }
  std::string StagingRoot() override { return root_ / "private"; }

  void Insert(const Day& day, const RowSet& rows) override { Commit({Add(day, rows)}, "WRITE"); }
  void Delete(const std::vector<Day>& days) override {
    std::vector<Json> actions;
    for (const Day& day : days) RemoveAll(day, actions);
    Commit(actions, "DELETE");
  }
  void Shorten(const Day& day, const RowSet& rows) override {
    std::vector<Json> actions;
    RemoveAll(day, actions);
    actions.push_back(Add(day, rows));
    Commit(actions, "DELETE");
  }
  void Overwrite(const Day& day, const RowSet& rows) override {
    std::vector<Json> actions;
    RemoveAll(day, actions);
    actions.push_back(Add(day, rows));
    Commit(actions, "WRITE");
  }
  RowSet Rows(const Day& day) override {
    RowSet rows;
    for (const auto& [path, add] : Live()) {
      if (DayOf(add) != day) continue;
      const auto found = duck_.Rows(
          fmt::format("SELECT x FROM read_parquet({})", delta::QuoteLiteral(Table() + "/" + path)));
      EXPECT_TRUE(found) << found.error().Message();
      for (const auto& row : *found) rows.insert(row.front().value_or("NULL"));
    }
    return rows;
  }

 private:
  [[nodiscard]] std::string Table() const { return root_ / "lake/t"; }
  static Json Field(const std::string& name, const std::string& type) {
    return {{"name", name}, {"type", type}, {"nullable", true}, {"metadata", Json::object()}};
  }
  static Json ToJson(const Day& day) { return day ? Json(*day) : Json(); }
  static Day DayOf(const Json& add) {
    const Json& value = add["partitionValues"]["day"];
    return value.is_null() ? Day() : Day(value.get<std::string>());
  }

  Json Add(const Day& day, const RowSet& rows) {
    const std::string folder = "day=" + day.value_or("__HIVE_DEFAULT_PARTITION__");
    const std::string path = fmt::format("{}/part-{:05}.parquet", folder, files_++);
    fs::create_directories(Table() + "/" + folder);
    EXPECT_TRUE(duck_.Run(fmt::format("COPY (SELECT unnest({}) AS x) TO {} (FORMAT parquet)",
                                      delta::QuoteList({rows.begin(), rows.end()}),
                                      delta::QuoteLiteral(Table() + "/" + path))));
    return {{"add",
             {{"path", path},
              {"partitionValues", {{"day", ToJson(day)}}},
              {"size", fs::file_size(Table() + "/" + path)},
              {"modificationTime", 1},
              {"dataChange", true},
              {"stats", Json{{"numRecords", rows.size()}}.dump()}}}};
  }
  void RemoveAll(const Day& day, std::vector<Json>& actions) {
    for (const auto& [path, add] : Live()) {
      if (DayOf(add) != day) continue;
      actions.push_back({{"remove",
                          {{"path", path},
                           {"deletionTimestamp", MillisOf(io::SystemClock().Now())},
                           {"dataChange", true}}}});
    }
  }

  [[nodiscard]] std::string CommitFile(int64_t version) const {
    return fmt::format("{}/_delta_log/{:020}.json", Table(), version);
  }
  // The next version after whatever is there, salvor's commits included.
  void Commit(const std::vector<Json>& actions, const std::string& operation) {
    int64_t version = 0;
    while (fs::exists(CommitFile(version))) ++version;
    std::ofstream file(CommitFile(version));
    file << Json{{"commitInfo",
                  {{"operation", operation}, {"timestamp", MillisOf(io::SystemClock().Now())}}}}
         << "\n";
    for (const Json& action : actions) file << action << "\n";
  }
  std::map<std::string, Json> Live() {
    std::map<std::string, Json> live;
    for (int64_t version = 0; fs::exists(CommitFile(version)); ++version) {
      std::ifstream file(CommitFile(version));
      for (std::string line; std::getline(file, line);) {
        const Json action = Json::parse(line);
        if (action.contains("add")) live[action["add"]["path"]] = action["add"];
        if (action.contains("remove")) live.erase(action["remove"]["path"]);
      }
    }
    return live;
  }

  fs::path root_;
  int64_t files_ = 0;
  io::PosixFs posix_;
  delta::Duck duck_;
  std::unique_ptr<warehouse::Engine> engine_;
};

}  // namespace

std::unique_ptr<EngineScene> MakeDeltaScene() { return std::make_unique<DeltaScene>(); }

}  // namespace salvor::contract
