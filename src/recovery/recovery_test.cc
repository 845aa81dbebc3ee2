// The whole recovery on a fake engine: what each verb refuses, and what running it again does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

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

namespace salvor::recovery {
namespace {

using model::Mode;
using ::testing::HasSubstr;
using Rows = salvor::testing::FakeEngine::RowSet;
using Scene = salvor::testing::FakeEngine::State;

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    engine_.Past() = {{"2024-01-01", {"a", "a", "b"}}, {"2024-01-02", {"c"}}};
    engine_.Scene().live = {{"2024-01-03", {"z"}}};
  }

  void MakeCase(const std::vector<std::string>& days, Mode mode = Mode::kAdd) {
    auto made = CreateCase(fs_, "/cases/one", engine_.PlanFor(days, mode));
    ASSERT_TRUE(made) << made.error().Message();
    incident_ = *made;
  }

  auto DoPersist() { return Persist(fs_, clock_, incident_, ann_, *engine_.Staging()); }
  auto DoApply() {
    return Apply(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging(),
                 *engine_.Writer());
  }
  auto DoVerify() {
    return Verify(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging());
  }
  auto DoClean(CleanWhen when = CleanWhen::kProven) {
    return Clean(fs_, clock_, incident_, ann_, when, *engine_.Reader(), *engine_.Staging(),
                 *engine_.Dropper());
  }
  auto DoUndo() {
    return Undo(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging(),
                *engine_.Undoer());
  }
  // Who rejected is of no matter: the private copy keeps it.
  void MarkRejected() {
    ASSERT_TRUE(
        engine_.Staging()->MarkRejected(incident_.plan, incident_.digest, std::string(64, 'a')));
  }
  Rows& Live(const std::string& day) { return engine_.Scene().live[day]; }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  salvor::testing::FakeEngine engine_;
  Case incident_;
  Actor ann_{{model::IdentityKind::kOsUser, "ann"}};
};

TEST_F(RecoveryTest, RunsFromPersistToClean) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  auto applied = DoApply();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_EQ(applied->restored, 2);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
  auto proof = DoVerify();
  ASSERT_TRUE(proof) << proof.error().Message();
  EXPECT_TRUE(proof->proven);
  auto cleaned = DoClean();
  ASSERT_TRUE(cleaned) << cleaned.error().Message();
  EXPECT_TRUE(engine_.Scene().staging.empty());
  EXPECT_EQ(Live("2024-01-03"), (Rows{"z"}));
  EXPECT_FALSE(applied->closed);
  auto again = DoApply();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_TRUE(again->already && again->closed);
}

TEST_F(RecoveryTest, SecondApplyAddsNothing) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  auto again = DoApply();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_TRUE(again->already);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
}

TEST_F(RecoveryTest, ApplyWithoutPrivateCopyIsRefused) {
  MakeCase({"2024-01-01"});
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_THAT(applied.error().Message(), HasSubstr("persist"));
}

TEST_F(RecoveryTest, LostReplyIsUnknownAndTheNextRunFindsItDone) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  engine_.LoseReply({Code::kOutcomeUnknown, "no answer"});
  auto lost = DoApply();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Code::kOutcomeUnknown);
  auto again = DoApply();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->already);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
}

// Later rows of a day that is back are its own: the plan has nothing more to say of it.
TEST_F(RecoveryTest, WhatAStoppedRunWroteIsNeitherComparedNorWrittenAgain) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  Live("2024-01-01") = {"a", "a", "b", "later"};
  engine_.Scene().written = {0};
  auto applied = DoApply();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_EQ(applied->restored, 1);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b", "later"}));
  EXPECT_EQ(Live("2024-01-02"), (Rows{"c"}));
}

TEST_F(RecoveryTest, WhatAnotherRunWroteMeanwhileIsNeitherComparedNorWrittenAgain) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  engine_.BeforeWrite([](Scene& scene) {
    scene.live["2024-01-01"] = {"a", "a", "b", "later"};
    scene.written = {0};
  });
  auto applied = DoApply();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_EQ(applied->restored, 1);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b", "later"}));
  EXPECT_EQ(Live("2024-01-02"), (Rows{"c"}));
}

TEST_F(RecoveryTest, IdenticalRowsThatCameBackByThemselvesAreSkipped) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  Live("2024-01-01") = {"a", "a", "b"};
  auto applied = DoApply();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_EQ(applied->skipped, std::vector<std::string>{"2024-01-01"});
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
  EXPECT_EQ(Live("2024-01-02"), (Rows{"c"}));
}

TEST_F(RecoveryTest, AnUndonePlanIsNotVerified) {
  MakeCase({"2024-01-02"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoVerify());
  ASSERT_TRUE(DoUndo());
  auto proof = DoVerify();
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code, Code::kRefused);
  EXPECT_THAT(proof.error().Message(), HasSubstr("undone"));
}

TEST_F(RecoveryTest, AllSkippedIsStillVerifiedAndCleaned) {
  MakeCase({"2024-01-02"});
  ASSERT_TRUE(DoPersist());
  Live("2024-01-02") = {"c"};
  ASSERT_TRUE(DoApply());
  auto proof = DoVerify();
  ASSERT_TRUE(proof) << proof.error().Message();
  EXPECT_TRUE(proof->proven);
  EXPECT_TRUE(DoClean());
}

TEST_F(RecoveryTest, OtherRowsInOnePartitionStopTheWholeApplyAndBothCountsAreSaid) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  Live("2024-01-02") = {"x", "y"};
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_THAT(applied.error().Message(), HasSubstr("2 rows in the table"));
  EXPECT_THAT(applied.error().Message(), HasSubstr("1 in the private copy"));
  EXPECT_TRUE(Live("2024-01-01").empty());
}

TEST_F(RecoveryTest, RowsThatArriveBetweenLookAndWriteAreNeverAddedTo) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  engine_.BeforeWrite([](Scene& scene) { scene.live["2024-01-01"] = {"late"}; });
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"late"}));
}

TEST_F(RecoveryTest, AnotherMachineThatWinsTheRaceMakesThisOneANoOp) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  const std::string key = model::OperationKey(incident_.digest, "apply");
  engine_.BeforeWrite([key](Scene& scene) {
    scene.live["2024-01-01"] = {"a", "a", "b"};
    scene.operations[key] = {++scene.version, {{"2024-01-01", {"a", "a", "b"}}}};
  });
  auto applied = DoApply();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_TRUE(applied->already);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
}

TEST_F(RecoveryTest, WhateverMovedOfTheTableIsStaleAndNamed) {
  const std::vector<std::pair<std::string Scene::*, const char*>> parts = {
      {&Scene::id, "its identity (it was dropped and made again)"},
      {&Scene::schema, "its schema"},
      {&Scene::layout, "its columns"},
      {&Scene::constraints, "its rules"},
      {&Scene::protocol, "its protocol"}};
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  for (const auto& [part, name] : parts) {
    const std::string planned = std::exchange(engine_.Scene().*part, "another");
    auto applied = DoApply();
    ASSERT_FALSE(applied) << name;
    EXPECT_EQ(applied.error().code, Code::kStale) << name;
    EXPECT_THAT(applied.error().what, HasSubstr(std::string(name) + " changed"));
    engine_.Scene().*part = planned;
  }
  EXPECT_TRUE(Live("2024-01-01").empty());
  EXPECT_TRUE(DoApply());
}

TEST_F(RecoveryTest, NewVersionAloneIsNotStale) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  engine_.Scene().version = 400;
  EXPECT_TRUE(DoApply());
}

TEST_F(RecoveryTest, ReplaceNeedsEveryRowOfTodayInTheOldContent) {
  Live("2024-01-01") = {"a", "a"};
  MakeCase({"2024-01-01"}, Mode::kReplace);
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
}

TEST_F(RecoveryTest, ReplaceThatWouldLoseADuplicateIsRefused) {
  Live("2024-01-01") = {"a", "a", "a"};
  MakeCase({"2024-01-01"}, Mode::kReplace);
  ASSERT_TRUE(DoPersist());
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "a"}));
}

// The private copy holds what is there now, too: but nobody has reviewed that it goes.
TEST_F(RecoveryTest, ReplaceOfAPartitionThatChangedIsRefusedThoughTheCopyHasItsRows) {
  Live("2024-01-01") = {"a", "a"};
  MakeCase({"2024-01-01"}, Mode::kReplace);
  ASSERT_TRUE(DoPersist());
  Live("2024-01-01") = {"a", "b"};
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_THAT(applied.error().what, HasSubstr("other rows than when the plan was made"));
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "b"}));
}

TEST_F(RecoveryTest, PrivateCopyThatWasChangedIsNeitherAppliedNorTakenForAProof) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  engine_.Scene().copy_problem = "somebody changed the private copy";
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().what, HasSubstr("changed the private copy"));
  EXPECT_TRUE(Live("2024-01-01").empty());
  EXPECT_FALSE(DoPersist());
  engine_.Scene().copy_problem.clear();
  ASSERT_TRUE(DoApply());
  engine_.Scene().copy_problem = "somebody changed the private copy";
  EXPECT_FALSE(DoVerify());
  EXPECT_FALSE(DoUndo());
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
}

TEST_F(RecoveryTest, EveryWriteIsAnnouncedInTheJournalBefore) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  bool announced = false;
  engine_.BeforeWrite([&](Scene&) {
    const auto chain = journal::ReadJournal(fs_, "/cases/one", incident_.digest);
    announced = chain && journal::FindLast(chain->lines, "apply", journal::Kind::kIntent);
  });
  ASSERT_TRUE(DoApply());
  EXPECT_TRUE(announced);
}

TEST_F(RecoveryTest, BesideIsRefusedWhereOneRowIsShared) {
  Live("2024-01-01") = {"b", "new"};
  MakeCase({"2024-01-01"}, Mode::kBeside);
  ASSERT_TRUE(DoPersist());
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_EQ(Live("2024-01-01"), (Rows{"b", "new"}));
}

TEST_F(RecoveryTest, AfterUndoThePlanIsSpent) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoUndo());
  EXPECT_TRUE(Live("2024-01-01").empty());
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_TRUE(Live("2024-01-01").empty());
}

TEST_F(RecoveryTest, AfterUndoThePlanIsSpentThoughSomebodyPutTheSameRowsThere) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoUndo());
  Live("2024-01-01") = {"a", "a", "b"};
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_THAT(applied.error().what, HasSubstr("was undone"));
}

TEST_F(RecoveryTest, RowsThatSomebodyTookAwayAgainAreNotPutBackByTheSamePlan) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  Live("2024-01-01").clear();
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
  EXPECT_THAT(applied.error().Message(), HasSubstr("Plan anew"));
}

TEST_F(RecoveryTest, UndoIsStaleOnceSomebodyElseWroteThere) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  Live("2024-01-01").insert("later");
  auto undone = DoUndo();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().code, Code::kStale);
}

TEST_F(RecoveryTest, CleanWantsAProofThatTheJournalKnows) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  auto early = DoClean();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::kRefused);

  auto proof = DoVerify();
  ASSERT_TRUE(proof);
  model::Proof forged = *proof;
  forged.version += 1;
  ASSERT_TRUE(StoreProof(fs_, incident_, forged));
  auto refused = DoClean();
  ASSERT_FALSE(refused);
  EXPECT_FALSE(engine_.Scene().staging.empty());
}

TEST_F(RecoveryTest, CleanIsRefusedWhileTheProofFails) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  Live("2024-01-01").insert("later");
  auto proof = DoVerify();
  ASSERT_TRUE(proof);
  EXPECT_FALSE(proof->proven);
  EXPECT_FALSE(DoClean());
  EXPECT_TRUE(DoClean(CleanWhen::kAbandoned));
}

TEST_F(RecoveryTest, CleanLooksOnceMoreAndApplyMends) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoVerify());
  engine_.Scene().files_gone = 1;
  auto refused = DoClean();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Message(), HasSubstr("Run salvor apply again"));
  auto mended = DoApply();
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->mended, 1);
  EXPECT_TRUE(DoClean());
}

TEST_F(RecoveryTest, CleanIsRefusedOnceRestoredRowsWereTakenAway) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoVerify());
  Live("2024-01-01").clear();
  const auto refused = DoClean();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kRefused);
  EXPECT_THAT(refused.error().what, HasSubstr("taken away again"));
}

TEST_F(RecoveryTest, PersistAfterCleanIsRefused) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoClean(CleanWhen::kAbandoned));
  auto persisted = DoPersist();
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kRefused);
}

TEST_F(RecoveryTest, PlanThatAsksForApprovalsIsNotApplied) {
  auto plan = engine_.PlanFor({"2024-01-01"});
  plan.review.approvals = 1;
  incident_ = *CreateCase(fs_, "/cases/one", plan);
  ASSERT_TRUE(DoPersist());
  auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused);
}

TEST_F(RecoveryTest, WhatAsksForApprovalsIsNeitherUndoneNorAbandonedWithoutThem) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  ASSERT_TRUE(DoApply());
  ann_.rules.today.approvals = 1;
  auto undone = DoUndo();
  ASSERT_FALSE(undone);
  EXPECT_THAT(undone.error().what, HasSubstr("undo is not approved"));
  EXPECT_EQ(Live("2024-01-01"), (Rows{"a", "a", "b"}));
  auto cleaned = DoClean(CleanWhen::kAbandoned);
  ASSERT_FALSE(cleaned);
  EXPECT_THAT(cleaned.error().what, HasSubstr("abandon is not approved"));
  EXPECT_FALSE(engine_.Scene().staging.empty());
}

TEST_F(RecoveryTest, CaseFolderIsNeverOverwrittenByAnotherPlan) {
  MakeCase({"2024-01-01"});
  auto other = CreateCase(fs_, "/cases/one", engine_.PlanFor({"2024-01-02"}));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kConflict);
  EXPECT_TRUE(CreateCase(fs_, "/cases/one", engine_.PlanFor({"2024-01-01"})));
}

TEST_F(RecoveryTest, FolderWithoutAPlanIsNoCase) {
  auto loaded = LoadCase(fs_, "/cases");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::kNotFound);
}

TEST_F(RecoveryTest, RejectionThatThePrivateCopyKeepsStopsEveryVerbThatWouldWriteOrDrop) {
  MakeCase({"2024-01-01"});
  ASSERT_TRUE(DoPersist());
  MarkRejected();
  EXPECT_EQ(DoApply().error().code, Code::kRefused);
  EXPECT_EQ(DoClean(CleanWhen::kAbandoned).error().code, Code::kRefused);
  engine_.Scene().rejections.clear();
  ASSERT_TRUE(DoApply());
  MarkRejected();
  EXPECT_EQ(DoUndo().error().code, Code::kRefused);
  engine_.Scene().rejections.clear();
  EXPECT_TRUE(DoUndo());
}

// Each time apply decided, somebody else makes one day whole and empties the other.
TEST_F(RecoveryTest, WriterThatNeverStopsIsNamedAndNothingIsWritten) {
  MakeCase({"2024-01-01", "2024-01-02"});
  ASSERT_TRUE(DoPersist());
  int rounds = 0;
  std::function<void(Scene&)> meddle = [&](Scene& scene) {
    const bool odd = ++rounds % 2 == 1;
    const char* whole = odd ? "2024-01-01" : "2024-01-02";
    scene.live["2024-01-01"].clear();
    scene.live["2024-01-02"].clear();
    scene.live[whole] = engine_.Past()[whole];
    engine_.BeforeWrite(meddle);
  };
  engine_.BeforeWrite(meddle);
  const auto applied = DoApply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kConflict);
  EXPECT_THAT(applied.error().Message(), HasSubstr("keeps changing"));
  EXPECT_GT(rounds, 1);
  EXPECT_TRUE(engine_.Scene().operations.empty());
  engine_.BeforeWrite(nullptr);
  const auto again = DoApply();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(Live("2024-01-01"), engine_.Past()["2024-01-01"]);
  EXPECT_EQ(Live("2024-01-02"), engine_.Past()["2024-01-02"]);
}

}  // namespace
}  // namespace salvor::recovery
