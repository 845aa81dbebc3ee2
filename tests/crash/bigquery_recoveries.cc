#include "tests/crash/bigquery_recoveries.h"

#include <fmt/format.h>

#include "journal/journal.h"
#include "recovery/apply.h"
#include "recovery/case_folder.h"
#include "recovery/clean.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "recovery/verify.h"
#include "testing/mem_fs.h"
#include "triage/assess.h"

namespace salvor::crash {
namespace {

using contract::Day;

constexpr const char* kCase = "/case";
const Day kFirst = "2024-01-01";
const Day kSecond = "2024-01-02";
const Day kThird = "2024-01-03";
const Day kNoDay = std::nullopt;

template <typename T>
Status WithoutValue(const Result<T>& result) {
  if (!result) return Fail(result.error());
  return Done{};
}

class Served final : public BigQueryRecovery {
 public:
  Served(Lost lost, Ending ending)
      : lost_(lost), ending_(ending), scene_(MakeBigQueryScene({}, clock_)) {
    Damage();
    scene_->Choose(lost == Lost::kBeforeColumn || lost == Lost::kTable, Definition());
    scene_->Reopen();
    MakeCase();
    scene_->Server().ResetMeters();
    scene_->Wire().Revive();
    fs_.Reboot(testing::Loss::kNothing);
  }

  contract::BigQueryScene& World() override { return *scene_; }
  testing::CrashingFs& Fs() override { return fs_; }

  std::vector<Command> Commands() override {
    std::vector<Command> commands{{"persist", [this] { return Persist(); }},
                                  {"apply", [this] { return Apply(); }}};
    if (ending_ == Ending::kProven) {
      commands.push_back({"verify", [this] { return Verify(); }});
    } else {
      commands.push_back({"undo", [this] { return Undo(); }});
    }
    commands.push_back({"clean", [this] { return Clean(); }});
    return commands;
  }

  std::string EndState() override {
    std::string text;
    for (const Day& day : {kFirst, kSecond, kThird, kNoDay}) {
      text += day.value_or("NULL") + ":";
      for (const std::string& row : scene_->Rows(day)) text += " " + row;
      text += "\n";
    }
    text += fmt::format("{} private copies\n", scene_->TablesOf("private").size());
    const auto chain = journal::ReadJournal(mem_, kCase, incident_.digest);
    if (!chain) return text + chain.error().Message();
    for (const char* step : {"persist", "apply", "verify", "undo", "clean"}) {
      const auto* outcome = journal::FindLast(chain->lines, step, journal::Kind::kOutcome);
      text += std::string(step) + " " +
              (outcome == nullptr ? "-" : outcome->entry.data.value("result", "?")) + "\n";
    }
    return text;
  }

 private:
  void Damage() {
    scene_->Insert(kFirst, {"a", "a", "b"});
    scene_->Insert(kSecond, {"c"});
    scene_->Insert(kThird, {"stays"});
    switch (lost_) {
      case Lost::kWholeDays:
        scene_->Insert(kNoDay, {"n"});
        scene_->Delete({kFirst, kSecond, kNoDay});
        break;
      case Lost::kPartsOfDays:
        scene_->Shorten(kFirst, {"b"});
        break;
      case Lost::kBeforeColumn:
        scene_->Delete({kFirst, kSecond});
        scene_->Run("ALTER TABLE `prod.derived.t` ADD COLUMN y INT64");
        break;
      case Lost::kTable:
        scene_->Insert(kNoDay, {"n"});
        clock_.Sleep(Millis(2));
        scene_->Run("DROP TABLE `prod.derived.t`");
        clock_.Sleep(Millis(2));
        break;
    }
  }

  [[nodiscard]] std::string Definition() const {
    return lost_ == Lost::kTable ? R"({"timePartitioning":{"type":"DAY","field":"day"}})" : "";
  }

  void MakeCase() {
    const auto reader = scene_->Engine().Reader();
    const auto inventory = reader->Look({});
    ASSERT_TRUE(inventory) << inventory.error().Message();
    triage::Choice choice;
    choice.include_partial = lost_ == Lost::kPartsOfDays;
    auto draft = triage::Decide(*inventory, triage::Assess(*inventory), choice, reader->Words());
    ASSERT_TRUE(draft) << draft.error().Message();
    const auto examination = reader->Examine(draft->Asked());
    ASSERT_TRUE(examination) << examination.error().Message();
    const model::Plan plan = triage::Compose(*inventory, *std::move(draft), *examination,
                                             scene_->StagingRoot(), {}, reader->Words());
    ASSERT_FALSE(model::ToRestore(plan).empty());
    const auto made = recovery::CreateCase(mem_, kCase, plan);
    ASSERT_TRUE(made) << made.error().Message();
    incident_ = *made;
  }

  // Each command by a process of its own, on a machine that works.
  Result<recovery::Case> Begin() {
    scene_->Reopen();
    return recovery::LoadCase(fs_, kCase);
  }
  Status Persist() {
    SALVOR_TRY(const auto incident, Begin());
    return WithoutValue(recovery::Persist(fs_, clock_, incident, by_, *scene_->Engine().Staging()));
  }
  Status Apply() {
    SALVOR_TRY(const auto incident, Begin());
    warehouse::Engine& engine = scene_->Engine();
    return WithoutValue(recovery::Apply(fs_, clock_, incident, by_, *engine.Reader(),
                                        *engine.Staging(), *engine.Writer()));
  }
  Status Verify() {
    SALVOR_TRY(const auto incident, Begin());
    warehouse::Engine& engine = scene_->Engine();
    SALVOR_TRY(const auto proof,
               recovery::Verify(fs_, clock_, incident, by_, *engine.Reader(), *engine.Staging()));
    if (!proof.proven) return Fail(Code::kInternal, "not proven");
    return Done{};
  }
  Status Undo() {
    SALVOR_TRY(const auto incident, Begin());
    warehouse::Engine& engine = scene_->Engine();
    return WithoutValue(recovery::Undo(fs_, clock_, incident, by_, *engine.Reader(),
                                       *engine.Staging(), *engine.Undoer()));
  }
  Status Clean() {
    SALVOR_TRY(const auto incident, Begin());
    warehouse::Engine& engine = scene_->Engine();
    const auto when =
        ending_ == Ending::kProven ? recovery::CleanWhen::kProven : recovery::CleanWhen::kAbandoned;
    return WithoutValue(recovery::Clean(fs_, clock_, incident, by_, when, *engine.Reader(),
                                        *engine.Staging(), *engine.Dropper()));
  }

  Lost lost_;
  Ending ending_;
  contract::HurriedClock clock_;
  std::unique_ptr<contract::BigQueryScene> scene_;
  testing::MemFs mem_{clock_};
  testing::CrashingFs fs_{mem_, "/graveyard"};
  recovery::Case incident_;
  recovery::Actor by_{{model::IdentityKind::kPrincipal, "somebody@example.com"}};
};

}  // namespace

BigQueryRecoveryFactory MakeBigQueryRecovery(Lost lost, Ending ending) {
  return [=] { return std::make_unique<Served>(lost, ending); };
}

}  // namespace salvor::crash
