// The verbs' own durable writes (case, journal, proof) under every crash, over an engine in memory
// whose acts are atomic. The engine of Delta tables has its own suite: delta_crash_test.cc.
#include <gtest/gtest.h>

#include "journal/journal.h"
#include "recovery/apply.h"
#include "recovery/case_folder.h"
#include "recovery/clean.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "recovery/verify.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "tests/crash/crash_sweep.h"

namespace salvor::crash {
namespace {

template <typename T>
Status WithoutValue(const Result<T>& result) {
  if (!result) return Fail(result.error());
  return Done{};
}

recovery::Actor Ann() { return {{model::IdentityKind::kOsUser, "ann"}}; }

class FakeScene : public Scene {
 public:
  FakeScene() {
    mem_.PutFolder("/cases");
    engine_.Past() = {{"2024-01-01", {"a", "a", "b"}}, {"2024-01-02", {"c"}}};
    engine_.Scene().live = {{"2024-01-03", {"z"}}};
    plan_ = engine_.PlanFor({"2024-01-01", "2024-01-02"});
  }

  testing::CrashingFs& Fs() override { return fs_; }

  std::vector<Command> Commands() override {
    return {
        {"plan", [this] { return WithoutValue(recovery::CreateCase(fs_, "/cases/one", plan_)); }},
        {"persist", [this] { return Persist(); }},
        {"apply", [this] { return Apply(); }},
        {"verify", [this] { return Verify(); }},
        {"clean", [this] { return Clean(); }}};
  }

  std::string EndState() override {
    std::string text;
    for (const auto& [day, rows] : engine_.Scene().live) {
      text += day + ":";
      for (const std::string& row : rows) text += " " + row;
      text += "\n";
    }
    text += "version " + std::to_string(engine_.Scene().version) + ", " +
            std::to_string(engine_.Scene().operations.size()) + " operations, " +
            std::to_string(engine_.Scene().staging.size()) + " private copies\n";
    const auto incident = recovery::LoadCase(mem_, "/cases/one");
    if (!incident) return text + incident.error().Message();
    const auto chain = journal::ReadJournal(mem_, "/cases/one", incident->digest);
    if (!chain) return text + chain.error().Message();
    for (const char* step : {"persist", "apply", "verify", "clean", "undo"}) {
      const auto* outcome = journal::FindLast(chain->lines, step, journal::Kind::kOutcome);
      text += std::string(step) + " " +
              (outcome == nullptr ? "-" : outcome->entry.data.value("result", "?")) + "\n";
    }
    const auto proof = recovery::LoadProof(mem_, *incident);
    return text + (proof && *proof && (*proof)->proof.proven ? "proven" : "not proven");
  }

 protected:
  // Whoever could not journal the intent must not act.
  void MayActOnlyWhileTheMachineRuns() {
    engine_.BeforeWrite([this](auto&) { EXPECT_FALSE(fs_.Crashed()); });
  }
  Status Persist() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, "/cases/one"));
    MayActOnlyWhileTheMachineRuns();
    return WithoutValue(recovery::Persist(fs_, clock_, incident, Ann(), *engine_.Staging()));
  }
  Status Apply() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, "/cases/one"));
    MayActOnlyWhileTheMachineRuns();
    return WithoutValue(recovery::Apply(fs_, clock_, incident, Ann(), *engine_.Reader(),
                                        *engine_.Staging(), *engine_.Writer()));
  }
  Status Verify() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, "/cases/one"));
    return WithoutValue(
        recovery::Verify(fs_, clock_, incident, Ann(), *engine_.Reader(), *engine_.Staging()));
  }
  Status Clean() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, "/cases/one"));
    MayActOnlyWhileTheMachineRuns();
    return WithoutValue(recovery::Clean(fs_, clock_, incident, Ann(), recovery::CleanWhen::kProven,
                                        *engine_.Reader(), *engine_.Staging(), *engine_.Dropper()));
  }
  Status Undo() {
    SALVOR_TRY(const auto incident, recovery::LoadCase(fs_, "/cases/one"));
    MayActOnlyWhileTheMachineRuns();
    return WithoutValue(recovery::Undo(fs_, clock_, incident, Ann(), *engine_.Reader(),
                                       *engine_.Staging(), *engine_.Undoer()));
  }

  testing::ScriptedClock clock_;
  testing::MemFs mem_{clock_};
  testing::CrashingFs fs_{mem_, "/graveyard"};
  testing::FakeEngine engine_;
  model::Plan plan_;
};

class UndoneScene final : public FakeScene {
 public:
  std::vector<Command> Commands() override {
    auto commands = FakeScene::Commands();
    commands.resize(3);
    commands.push_back({"undo", [this] { return Undo(); }});
    return commands;
  }
};

template <typename OneScene>
SceneFactory Factory() {
  return [] { return std::make_unique<OneScene>(); };
}

TEST(RecoveryCrash, AStopAtAnyWriteOfTheCaseLeadsToTheSameEnd) {
  EXPECT_GT(SweepSingleCrashes(Factory<FakeScene>(), {}), 200);
}

TEST(RecoveryCrash, AStopAtAnyWriteBeforeAnUndoLeadsToTheSameEnd) {
  EXPECT_GT(SweepSingleCrashes(Factory<UndoneScene>(), {}), 100);
}

TEST(RecoveryCrash, StopsInTheMiddleOfRecoveringFromStopsLeadToTheSameEnd) {
  SweepRandomCrashes(Factory<FakeScene>(), 300, 20261122);
  SweepRandomCrashes(Factory<UndoneScene>(), 100, 20261123);
}

}  // namespace
}  // namespace salvor::crash
