#include "recovery/case_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/words_test.h"
#include "recovery/apply.h"
#include "recovery/clean.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "recovery/verify.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CaseStateTest : public ::testing::Test {
 protected:
  CaseStateTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    engine_.Past() = {{"2024-01-01", {"a", "b"}}};
    Make("/cases/one two");
  }

  void Make(const std::string& folder, int64_t approvals = 0) {
    model::Plan plan = engine_.PlanFor({"2024-01-01"}, model::Mode::kAdd);
    plan.review.approvals = approvals;
    auto made = CreateCase(fs_, folder, plan);
    ASSERT_TRUE(made) << made.error().Message();
    incident_ = *made;
  }

  CaseState State() {
    auto state = StateOf(fs_, clock_, incident_, ann_, model::TestWords());
    EXPECT_TRUE(state) << state.error().Message();
    return state ? *state : CaseState{};
  }
  void DoPersist() { ASSERT_TRUE(Persist(fs_, clock_, incident_, ann_, *engine_.Staging())); }
  auto DoApply() {
    return Apply(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging(),
                 *engine_.Writer());
  }
  auto DoVerify() {
    return Verify(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging());
  }
  auto DoClean(CleanWhen when) {
    return Clean(fs_, clock_, incident_, ann_, when, *engine_.Reader(), *engine_.Staging(),
                 *engine_.Dropper());
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  salvor::testing::FakeEngine engine_;
  Case incident_;
  Actor ann_{{model::IdentityKind::kOsUser, "ann"}};
};

TEST_F(CaseStateTest, EachStepSaysTheNextAsACommandForAShell) {
  EXPECT_EQ(State().stage, Stage::kPlanned);
  EXPECT_THAT(State().next, ElementsAre("salvor persist '/cases/one two'"));
  DoPersist();
  EXPECT_EQ(State().stage, Stage::kReady);
  EXPECT_THAT(State().text, HasSubstr("by ann"));
  EXPECT_THAT(State().next, ElementsAre("salvor apply '/cases/one two'"));
  ASSERT_TRUE(DoApply());
  EXPECT_EQ(State().stage, Stage::kApplied);
  EXPECT_THAT(State().next, ElementsAre("salvor verify '/cases/one two'"));
  ASSERT_TRUE(DoVerify());
  EXPECT_EQ(State().stage, Stage::kProven);
  EXPECT_THAT(State().next, ElementsAre("salvor clean '/cases/one two'"));
  ASSERT_TRUE(DoClean(CleanWhen::kProven));
  EXPECT_EQ(State().stage, Stage::kClosed);
  EXPECT_THAT(State().next, IsEmpty());
}

TEST_F(CaseStateTest, AnApplyThatWasRunAgainAsksForAProofAgain) {
  DoPersist();
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(DoVerify());
  ASSERT_TRUE(DoApply());
  EXPECT_EQ(State().stage, Stage::kApplied);
}

TEST_F(CaseStateTest, SavedCaseWaitsForThoseWhoMustApprove) {
  Make("/cases/reviewed", 2);
  EXPECT_EQ(State().stage, Stage::kPlanned);  // persist never waits
  DoPersist();
  EXPECT_EQ(State().stage, Stage::kWaiting);
  EXPECT_THAT(State().text, HasSubstr("2 approvals must cover apply"));
  EXPECT_THAT(State().next, ElementsAre("salvor approve /cases/reviewed --as WHO --key FILE"));
}

TEST_F(CaseStateTest, UndoneCaseIsSpent) {
  DoPersist();
  ASSERT_TRUE(DoApply());
  ASSERT_TRUE(
      Undo(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging(), *engine_.Undoer()));
  EXPECT_EQ(State().stage, Stage::kUndone);
  ASSERT_TRUE(DoClean(CleanWhen::kAbandoned));
  EXPECT_EQ(State().stage, Stage::kClosed);
  EXPECT_THAT(State().text, HasSubstr("without a proof"));
}

TEST_F(CaseStateTest, ApplyThatDidNotEndIsUncertain) {
  DoPersist();
  engine_.LoseReply({Code::kOutcomeUnknown, "the reply was lost"});
  ASSERT_FALSE(DoApply());
  EXPECT_EQ(State().stage, Stage::kUncertain);
  EXPECT_THAT(State().next, ElementsAre("salvor apply '/cases/one two'"));
  ASSERT_TRUE(DoApply());
  EXPECT_EQ(State().stage, Stage::kApplied);
}

TEST_F(CaseStateTest, ApplyThatWasRefusedLeavesTheCaseReady) {
  DoPersist();
  engine_.Scene().schema = "another";
  ASSERT_FALSE(DoApply());
  EXPECT_EQ(State().stage, Stage::kReady);
}

TEST_F(CaseStateTest, DeadlineIsToldUntilThereIsACopy) {
  model::Plan plan = engine_.PlanFor({"2024-01-01"}, model::Mode::kAdd);
  plan.partitions[0].deadline = ParseInstant("2024-02-01T10:00:00Z").value();
  auto made = CreateCase(fs_, "/cases/late", plan);
  ASSERT_TRUE(made) << made.error().Message();
  incident_ = *made;
  EXPECT_EQ(State().deadline, plan.partitions[0].deadline);
  EXPECT_THAT(State().text, HasSubstr("save it before 2024-02-01T10:00:00Z"));
  DoPersist();
  EXPECT_EQ(State().deadline, std::nullopt);
}

TEST_F(CaseStateTest, JournalThatWasChangedIsNoState) {
  DoPersist();
  std::string journal = fs_.ReadFile("/cases/one two/journal.jsonl", 1 << 20).value();
  journal.replace(journal.find("persist"), 7, "perzist");
  fs_.Put("/cases/one two/journal.jsonl", journal);
  const auto state = StateOf(fs_, clock_, incident_, ann_, model::TestWords());
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace salvor::recovery
