// Plans on a fake engine: what is asked of it, and what the plan carries beside its answers.
#include "recovery/make_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "recovery/apply.h"
#include "recovery/persist.h"
#include "recovery/step.h"
#include "recovery/verify.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using model::Disposition;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Table = salvor::testing::FakeEngine::Table;

const Table kWhole = {{"2024-01-01", {"a", "a", "b"}}, {"2024-01-02", {"c", "d"}}};

class MakePlanTest : public ::testing::Test {
 protected:
  MakePlanTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    engine_.Write({}, "CREATE TABLE");
    engine_.Write(kWhole, "WRITE");
    whole_ = engine_.Scene().version;
  }

  Result<MadePlan> Make(const PlanRequest& request = {}, PlanTerms terms = {"/staging"}) {
    const auto reader = engine_.Reader();
    SALVOR_TRY(PlanProposal proposal, ProposePlan(*reader, request));
    return MakePlan(std::move(proposal), std::move(terms), reader->Words());
  }
  model::Plan Planned(const PlanRequest& request = {}, PlanTerms terms = {"/staging"}) {
    auto made = Make(request, std::move(terms));
    EXPECT_TRUE(made) << made.error().Message();
    return made ? made->plan : model::Plan{};
  }
  static std::vector<std::string> Restored(const model::Plan& plan) {
    std::vector<std::string> days;
    for (const auto* one : model::ToRestore(plan)) days.push_back(*one->key.values.front());
    return days;
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  salvor::testing::FakeEngine engine_;
  int64_t whole_ = 0;
  Actor ann_{{model::IdentityKind::kOsUser, "ann"}};
};

TEST_F(MakePlanTest, ALostTableComesBackByTheLibraryAlone) {
  engine_.Write({}, "DELETE");
  const model::Plan plan = Planned();
  EXPECT_THAT(Restored(plan), ElementsAre("2024-01-01", "2024-01-02"));
  auto incident = CreateCase(fs_, "/cases/one", plan);
  ASSERT_TRUE(incident) << incident.error().Message();
  ASSERT_TRUE(NoteAuthor(fs_, clock_, *incident, ann_, std::nullopt));
  const auto reader = engine_.Reader();
  const auto staging = engine_.Staging();
  ASSERT_TRUE(Persist(fs_, clock_, *incident, ann_, *staging));
  ASSERT_TRUE(Apply(fs_, clock_, *incident, ann_, *reader, *staging, *engine_.Writer()));
  EXPECT_EQ(engine_.Scene().live, kWhole);
  const auto proof = Verify(fs_, clock_, *incident, ann_, *reader, *staging);
  ASSERT_TRUE(proof) << proof.error().Message();
  EXPECT_TRUE(proof->proven);
}

TEST_F(MakePlanTest, TheSameTableAndTermsMakeTheSameBytes) {
  engine_.Write({}, "DELETE");
  EXPECT_EQ(model::FormatPlan(Planned()), model::FormatPlan(Planned()));
  EXPECT_NE(model::FormatPlan(Planned()), model::FormatPlan(Planned({}, {"/elsewhere"})));
}

TEST_F(MakePlanTest, OnlyNamedPartitionsComeBack) {
  engine_.Write({}, "DELETE");
  EXPECT_THAT(Restored(Planned({.partitions = {"2024-01-02"}})), ElementsAre("2024-01-02"));
  const auto unknown = Make({.partitions = {"2024-01-03"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kInvalidArgument);
}

TEST_F(MakePlanTest, AnEventAloneIsTakenBack) {
  engine_.Write(Table{{"2024-01-02", {"c", "d"}}}, "DELETE");
  const int64_t first = engine_.Scene().version;
  engine_.Write({}, "DELETE");
  EXPECT_THAT(Restored(Planned({.event = first})), ElementsAre("2024-01-01"));
}

TEST_F(MakePlanTest, AsOfIsTheVersionOfThatInstant) {
  engine_.Write({}, "DELETE");
  const Instant then = InstantOfMillis(whole_ * 1000 + 1);
  const model::Plan plan = Planned({.as_of = then});
  EXPECT_THAT(Restored(plan), ElementsAre("2024-01-01", "2024-01-02"));
  EXPECT_EQ(model::FormatPlan(plan), model::FormatPlan(Planned({.version = whole_})));
  const auto never = Make({.as_of = InstantOfMillis(1)});
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, Code::kNotFound);
}

TEST_F(MakePlanTest, SnapshotThatCannotBeReadCostsItselfAlone) {
  engine_.Write(Table{{"2024-01-02", {"c", "d"}}}, "DELETE");
  const int64_t readable = engine_.Scene().version;
  engine_.Write({}, "DELETE");
  engine_.Scene().oldest_readable = readable;
  const model::Plan plan = Planned();
  EXPECT_THAT(Restored(plan), ElementsAre("2024-01-02"));
  EXPECT_EQ(plan.partitions.front().disposition, Disposition::kReview);
  EXPECT_THAT(plan.partitions.front().reason, HasSubstr("the fake has no such snapshot"));
}

TEST_F(MakePlanTest, WhereNothingCanBeReadItIsTooLate) {
  engine_.Write({}, "DELETE");
  engine_.Scene().oldest_readable = engine_.Scene().version;
  const auto made = Make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::kTooLate);
}

TEST_F(MakePlanTest, AFlagIsNamedOnlyWhereTheEngineWouldCarryItOut) {
  Table shorter = kWhole;
  shorter["2024-01-01"] = {"a"};
  engine_.Write(shorter, "DELETE");
  EXPECT_THAT(Planned().partitions.front().reason, HasSubstr("--include partial"));
  engine_.Scene().refusals["2024-01-01"] = "a column is gone";
  EXPECT_THAT(Planned().partitions.front().reason,
              AllOf(HasSubstr("a column is gone"), Not(HasSubstr("--include partial"))));
}

TEST_F(MakePlanTest, WhatIncludeNamesIsExamined) {
  Table shorter = kWhole;
  shorter["2024-01-01"] = {"a"};
  engine_.Write(shorter, "DELETE");
  EXPECT_THAT(Restored(Planned()), IsEmpty());
  EXPECT_THAT(Restored(Planned({.include_partial = true})), ElementsAre("2024-01-01"));
  shorter["2024-01-01"] = {"z"};
  engine_.Write(shorter, "WRITE");
  EXPECT_THAT(Restored(Planned({.include_changed = true})), ElementsAre("2024-01-01"));
}

TEST_F(MakePlanTest, RowsThatWouldBeThereTwiceOrBeLostAreKnownBeforeAnybodySigns) {
  Table shorter = kWhole;
  shorter["2024-01-01"] = {"a"};
  engine_.Write(shorter, "DELETE");
  EXPECT_THAT(Restored(Planned({.include_changed = true})), IsEmpty());
  shorter["2024-01-01"] = {"z"};
  engine_.Write(shorter, "WRITE");
  EXPECT_THAT(Restored(Planned({.include_partial = true})), IsEmpty());
}

TEST_F(MakePlanTest, WhatReplaceNamesMakesRoomAndIsCounted) {
  Table wrong = kWhole;
  wrong["2024-01-01"] = {"z"};
  engine_.Write(wrong, "WRITE");
  const model::Plan plan = Planned({.replace = {"2024-01-01"}});
  EXPECT_THAT(Restored(plan), ElementsAre("2024-01-01"));
  EXPECT_TRUE(model::TakesRowsOut(plan));
  EXPECT_EQ(model::RowsTakenOut(plan), 1);
}

TEST_F(MakePlanTest, WhoMaySignAndWhoMadeItStandWhereSomebodyMustApprove) {
  engine_.Write({}, "DELETE");
  PlanTerms terms{"/staging"};
  terms.review.signers = {std::string(64, 'a')};
  terms.review.people.emplace_back().name = "ann";
  terms.author = ann_.identity;
  const model::Plan unreviewed = Planned({}, terms);
  EXPECT_EQ(unreviewed.review, model::ReviewPolicy{});
  EXPECT_FALSE(unreviewed.author);
  terms.review.approvals = 1;
  const model::Plan reviewed = Planned({}, terms);
  EXPECT_EQ(reviewed.review, terms.review);
  ASSERT_TRUE(reviewed.author);
  EXPECT_EQ(reviewed.author->name, "ann");
}

TEST_F(MakePlanTest, OldLossesAreNotedWhereNobodyAskedForThem) {
  engine_.Write({}, "DELETE");
  const auto reader = engine_.Reader();
  auto proposal = ProposePlan(*reader, {});
  ASSERT_TRUE(proposal) << proposal.error().Message();
  proposal->assessment.old.partitions = 2;
  proposal->inventory.window.recent_from = InstantOfMillis(0);
  EXPECT_THAT(MakePlan(*proposal, {"/staging"}, reader->Words()).notes,
              ElementsAre(HasSubstr("2 partitions lost rows before 1970-01-01")));
  proposal->by_default = false;
  EXPECT_THAT(MakePlan(*proposal, {"/staging"}, reader->Words()).notes, IsEmpty());
}

TEST_F(MakePlanTest, TheAuthorIsNotedOnce) {
  engine_.Write({}, "DELETE");
  auto incident = CreateCase(fs_, "/cases/one", Planned());
  ASSERT_TRUE(incident) << incident.error().Message();
  ASSERT_TRUE(NoteAuthor(fs_, clock_, *incident, ann_, std::nullopt));
  ASSERT_TRUE(NoteAuthor(fs_, clock_, *incident, ann_, std::nullopt));
  auto step = Step::Begin(fs_, clock_, *incident, "plan", ann_);
  ASSERT_TRUE(step) << step.error().Message();
  ASSERT_EQ(step->Past().size(), 1);
  EXPECT_EQ(Member(step->Past().front(), "who"), "ann");
  EXPECT_EQ(Member(step->Past().front(), "table"), "/lake/t");
}

}  // namespace
}  // namespace salvor::recovery
