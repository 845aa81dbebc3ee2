// The engine of Delta tables under every crash: persist, apply, undo and clean on a table in
// memory, whose data files nobody needs to read for that. tests/judges/kill_test.py kills the
// program itself, on real rows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/digest.h"
#include "delta/engine.h"
#include "delta/parquet/parquet_file_test.h"
#include "delta/table/table_log.h"
#include "journal/journal.h"
#include "recovery/apply.h"
#include "recovery/case_folder.h"
#include "recovery/clean.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "tests/crash/crash_sweep.h"

namespace salvor::crash {
namespace {

constexpr const char* kTable = "/lake/sales";
constexpr const char* kCase = "/cases/one";
const std::vector<std::string> kDays = {"2024-01-01", "2024-01-02", "2024-01-03"};

template <typename T>
Status WithoutValue(const Result<T>& result) {
  if (!result) return Fail(result.error());
  return Done{};
}

// Three days of two files each; the last commit removed the first two days.
recovery::Actor Ann() { return {{model::IdentityKind::kOsUser, "ann"}}; }

class DeltaTable {
 public:
  DeltaTable(testing::MemFs& mem, const testing::ScriptedClock& clock) : mem_(mem), clock_(clock) {
    Commit(R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"11111111-2222-3333-4444-555555555555","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}},{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["day"],"configuration":{},"createdTime":1600000000000}}
)",
           "CREATE TABLE");
    for (const std::string& day : kDays) {
      std::string adds;
      for (const char* name : {"a", "b"}) adds += Add(day, name);
      Commit(adds, "WRITE");
    }
    std::string removes;
    for (const std::string& day : {kDays[0], kDays[1]}) {
      for (const char* name : {"a", "b"}) removes += Remove(day, name);
    }
    Commit(removes, "DELETE");
  }

 private:
  static std::string Path(const std::string& day, const std::string& name) {
    return "day=" + day + "/part-" + name + ".parquet";
  }
  static std::string Bytes(const std::string& day, const std::string& name) {
    return delta::TinyParquet{
        .content = "the rows of " + day + " in " + name + "\n", .rows = 5, .column = "id"}
        .Bytes();
  }
  std::string Add(const std::string& day, const std::string& name) {
    mem_.Put(io::JoinPath(kTable, Path(day, name)), Bytes(day, name));
    return fmt::format(
        R"({{"add":{{"path":"{}","partitionValues":{{"day":"{}"}},"size":{},"modificationTime":{},"dataChange":true,"stats":"{{\"numRecords\":5}}"}}}})"
        "\n",
        Path(day, name), day, Bytes(day, name).size(), MillisOf(clock_.Now()));
  }
  std::string Remove(const std::string& day, const std::string& name) {
    return fmt::format(
        R"({{"remove":{{"path":"{}","deletionTimestamp":{},"dataChange":true,"extendedFileMetadata":true,"partitionValues":{{"day":"{}"}},"size":{}}}}})"
        "\n",
        Path(day, name), MillisOf(clock_.Now()), day, Bytes(day, name).size());
  }
  void Commit(const std::string& actions, const std::string& operation) {
    mem_.Put(fmt::format("{}/_delta_log/{:020}.json", kTable, version_++),
             fmt::format(R"({{"commitInfo":{{"timestamp":{},"operation":"{}"}}}})"
                         "\n",
                         MillisOf(clock_.Now()), operation) +
                 actions);
  }

  testing::MemFs& mem_;
  const testing::ScriptedClock& clock_;
  int64_t version_ = 0;
};

class DeltaScene : public Scene {
 public:
  explicit DeltaScene(bool staging_elsewhere) : table_(mem_, clock_) {
    mem_.PutFolder("/cases");
    mem_.PutFolder("/private", 0700);
    if (staging_elsewhere) mem_.PutMount("/private", 77);
    MakePlan();
  }

  testing::CrashingFs& Fs() override { return fs_; }

  std::vector<Command> Commands() override {
    return {{"plan", [this] { return WithoutValue(recovery::CreateCase(fs_, kCase, plan_)); }},
            {"persist", [this] { return Persist(); }},
            {"apply", [this] { return Apply(); }},
            {"clean", [this] { return Clean(); }}};
  }

  std::string EndState() override {
    std::ostringstream text;
    const auto all = mem_.Everything();
    int restores = 0;
    for (const auto& [path, bytes] : all) {
      if (path.rfind("/private/", 0) == 0) text << path << "\n";
      if (path.rfind(kTable, 0) != 0) {
        // Nor does a kill leave anything else than the journal would say.
        if (path.find(io::kTemporaryPrefix) != std::string::npos) text << path << "\n";
        continue;
      }
      const bool log = path.find("/_delta_log/") != std::string::npos;
      if (log && bytes.find("\"SALVOR RESTORE\"") != std::string::npos) ++restores;
      text << path << (log ? "" : " " + Sha256Hex(bytes).substr(0, 8)) << "\n";
    }
    text << restores << " commits that restore\n" << Live();
    const auto incident = recovery::LoadCase(mem_, kCase);
    if (!incident) return text.str() + incident.error().Message();
    const auto chain = journal::ReadJournal(mem_, kCase, incident->digest);
    if (!chain) return text.str() + chain.error().Message();
    for (const char* step : {"persist", "apply", "clean", "undo"}) {
      const auto* outcome = journal::FindLast(chain->lines, step, journal::Kind::kOutcome);
      text << step << " " << (outcome == nullptr ? "-" : outcome->entry.data.value("result", "?"))
           << "\n";
    }
    return text.str();
  }

 protected:
  Result<std::unique_ptr<warehouse::Engine>> Open() {
    return delta::MakeEngine(fs_, clock_, warehouse::NoProgress(), kTable);
  }
  Status Persist() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, kCase));
    SALVOR_TRY(const auto engine, Open());
    return WithoutValue(recovery::Persist(fs_, clock_, incident, Ann(), *engine->Staging()));
  }
  Status Apply() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, kCase));
    SALVOR_TRY(const auto engine, Open());
    return WithoutValue(recovery::Apply(fs_, clock_, incident, Ann(), *engine->Reader(),
                                        *engine->Staging(), *engine->Writer()));
  }
  Status Undo() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, kCase));
    SALVOR_TRY(const auto engine, Open());
    return WithoutValue(recovery::Undo(fs_, clock_, incident, Ann(), *engine->Reader(),
                                       *engine->Staging(), *engine->Undoer()));
  }
  // Without a proof: there are no rows to read.
  Status Clean() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, kCase));
    SALVOR_TRY(const auto engine, Open());
    return WithoutValue(recovery::Clean(fs_, clock_, incident, Ann(),
                                        recovery::CleanWhen::kAbandoned, *engine->Reader(),
                                        *engine->Staging(), *engine->Dropper()));
  }

 private:
  void MakePlan() {
    const auto engine = delta::MakeEngine(mem_, clock_, warehouse::NoProgress(), kTable).value();
    std::vector<model::Wanted> wanted;
    for (const std::string& day : {kDays[0], kDays[1]}) {
      wanted.push_back({.key = {{day}}, .mode = model::Mode::kAdd, .snapshot = 3});
    }
    const auto examination = engine->Reader()->Examine(wanted).value();
    plan_.table = {kTable, "sales", "11111111-2222-3333-4444-555555555555", "delta"};
    plan_.state = examination.state;
    plan_.columns = {{"day", model::ColumnType::kDate}};
    plan_.staging_root = "/private";
    for (const model::Examined& examined : examination.partitions) {
      ASSERT_EQ(examined.refusal, "");
      model::PlannedPartition partition;
      partition.key = examined.wanted.key;
      partition.disposition = model::Disposition::kRestore;
      partition.reason = "it is missing";
      partition.now = examined.now;
      partition.snapshot = examined.snapshot;
      partition.restore = examined.restore;
      partition.content = examined.content;
      partition.present = examined.present;
      plan_.partitions.push_back(std::move(partition));
    }
  }

  // The table as a reader sees it: each live file, by its rows and not by its name.
  std::string Live() {
    delta::Duck duck(delta::Duck::Options{});
    auto log = delta::Log::Open(mem_, clock_, duck, warehouse::NoProgress(), kTable);
    if (!log) return log.error().Message();
    auto files = (*log)->FilesAt({{(*log)->Latest(), std::nullopt}});
    if (!files) return files.error().Message();
    std::multiset<std::string> lines;
    for (const delta::AddFile& add : files->front().files) {
      const auto bytes = mem_.ReadFile(io::JoinPath(kTable, add.path), 1000);
      // Behind the magic, up to where the footer begins.
      lines.insert(bytes ? bytes->substr(4, bytes->find('\n') - 4) : add.path + " is gone");
    }
    std::string text = fmt::format("version {}\n", (*log)->Latest());
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

 protected:
  testing::ScriptedClock clock_{InstantOfMillis(1'600'000'000'000), Millis(1)};
  testing::MemFs mem_{clock_};
  testing::CrashingFs fs_{mem_, "/graveyard"};
  DeltaTable table_;
  model::Plan plan_;
};

class UndoneDeltaScene final : public DeltaScene {
 public:
  using DeltaScene::DeltaScene;
  std::vector<Command> Commands() override {
    auto commands = DeltaScene::Commands();
    commands.insert(commands.begin() + 3, {"undo", [this] { return Undo(); }});
    return commands;
  }
};

// A VACUUM takes the old files, and with them their folders, between persist and apply.
class VacuumedDeltaScene final : public DeltaScene {
 public:
  using DeltaScene::DeltaScene;
  std::vector<Command> Commands() override {
    auto commands = DeltaScene::Commands();
    commands.insert(commands.begin() + 2, {"vacuum", [this] { return Vacuum(); }});
    return commands;
  }

 private:
  Status Vacuum() {
    for (const std::string& day : {kDays[0], kDays[1]}) {
      const std::string folder = io::JoinPath(kTable, "day=" + day);
      for (const char* name : {"/part-a.parquet", "/part-b.parquet"}) {
        SALVOR_OK(mem_.Remove(folder + name));
      }
      SALVOR_OK(mem_.RemoveDirectory(folder));
    }
    return Done{};
  }
};

template <typename OneScene>
SceneFactory Factory(bool staging_elsewhere) {
  return [=] { return std::make_unique<OneScene>(staging_elsewhere); };
}

TEST(DeltaCrash, AnUndisturbedRecoveryBringsTheDaysBackAndLeavesNoCopy) {
  DeltaScene scene(false);
  for (const auto& command : scene.Commands()) {
    const Status ran = command.run();
    ASSERT_TRUE(ran) << command.name << ": " << ran.error().Message();
  }
  const std::string end = scene.EndState();
  for (const std::string& day : kDays) {
    for (const char* name : {"a", "b"}) {
      EXPECT_NE(end.find("\nthe rows of " + day + " in " + name + "\n"), std::string::npos) << end;
    }
  }
  EXPECT_NE(end.find("1 commits that restore"), std::string::npos) << end;
  EXPECT_EQ(end.find("/private/"), std::string::npos) << end;
}

TEST(DeltaCrash, AStopAtAnyWriteLeadsToTheSameTable) {
  EXPECT_GT(SweepSingleCrashes(Factory<DeltaScene>(false), {}), 300);
}

TEST(DeltaCrash, AStopAtAnyWriteLeadsToTheSameTableWithTheCopyOnAnotherFileSystem) {
  EXPECT_GT(SweepSingleCrashes(Factory<DeltaScene>(true), {}), 300);
}

TEST(DeltaCrash, AStopAtAnyWriteLeadsToTheSameTableAlsoAfterAVacuum) {
  EXPECT_GT(SweepSingleCrashes(Factory<VacuumedDeltaScene>(false), {}), 300);
}

TEST(DeltaCrash, AStopAtAnyWriteOfAnUndoLeadsToTheSameTable) {
  SweepLimits some;
  some.stride = 2;
  EXPECT_GT(SweepSingleCrashes(Factory<UndoneDeltaScene>(false), some), 150);
}

TEST(DeltaCrash, StopsInTheMiddleOfRecoveringFromStopsLeadToTheSameTable) {
  SweepRandomCrashes(Factory<DeltaScene>(false), 60, 20261122);
  SweepRandomCrashes(Factory<DeltaScene>(true), 60, 20261123);
  SweepRandomCrashes(Factory<UndoneDeltaScene>(false), 60, 20261124);
  SweepRandomCrashes(Factory<VacuumedDeltaScene>(false), 60, 20261125);
}

}  // namespace
}  // namespace salvor::crash
