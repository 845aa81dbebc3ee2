// The plan, from a draft and the engine's answers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "triage/days_test.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::Event;
using model::Inventory;
using testing::HasSubstr;
using testing::Not;

TEST(Compose, AnEventThatNobodyExplainsIsAWarningIfItCameAfterTheSnapshot) {
  Event unknown = Removal(9);
  unknown.operation = "unknown";
  unknown.who = "";
  unknown.rows_removed = 4;
  Event earlier = unknown;
  earlier.version = 2;
  const auto plan =
      PlanFor(MakeInventory({Emptied("2024-01-02", 5, 7), Shrunk("2024-01-03", 5, 1, 9)},
                            {earlier, Removal(7), unknown}));
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_THAT(plan.warnings[0], HasSubstr("1 event after the snapshot took 4 rows"));
}

TEST(Compose, TheLossItselfIsNoWarning) {
  Event unknown = Removal(7);
  unknown.operation = "unknown";
  unknown.who = "";
  unknown.rows_removed = 5;
  EXPECT_TRUE(PlanFor(MakeInventory({Emptied("2024-01-02", 5, 7)}, {unknown})).warnings.empty());
}

TEST(Compose, WhatTheEngineRefusesIsForReviewAndNeverRestored) {
  const auto inventory = MakeInventory({Emptied("2024-01-02", 5, 3)}, {Removal(3)});
  auto draft = Decide(inventory, Assess(inventory), {}, model::TestWords());
  ASSERT_TRUE(draft);
  auto examination = Agreeable(*draft);
  examination.partitions[0].refusal = "deletionVectors was dropped";
  const auto plan =
      Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("deletionVectors was dropped"));
}

TEST(Compose, GoneFilesMakeAPartitionLost) {
  const auto inventory = MakeInventory({Emptied("2024-01-02", 5, 3)}, {Removal(3)});
  auto draft = Decide(inventory, Assess(inventory), {}, model::TestWords());
  ASSERT_TRUE(draft);
  auto examination = Agreeable(*draft);
  examination.partitions[0].files_gone = 2;
  const auto plan =
      Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kLost);
}

// The plan, when the engine answers so to what a person could ask for.
model::Plan PlanWithAnswers(const Inventory& inventory,
                            const std::vector<model::Examined>& answers) {
  auto draft = Decide(inventory, Assess(inventory), {}, model::TestWords());
  EXPECT_TRUE(draft) << draft.error().Message();
  EXPECT_EQ(draft->Offered().size(), answers.size());
  TakeAnswers(answers, "files are gone", *draft);
  const auto examination = Agreeable(*draft);
  return Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
}

model::Examined Fine() {
  model::Examined examined;
  examined.restore = Rows(5);
  examined.files_present = 1;
  return examined;
}

TEST(Offers, FlagThatTheEngineWouldNotCarryOutIsNotNamed) {
  const auto inventory = MakeInventory({Shrunk("2024-01-03", 5, 2, 4)}, {Removal(4)});
  EXPECT_THAT(PlanWithAnswers(inventory, {Fine(), Fine()}).partitions[0].reason,
              HasSubstr("--include partial or --partitions replaces it"));
  model::Examined refused = Fine();
  refused.refusal = "the column x was dropped";
  const auto plan = PlanWithAnswers(inventory, {refused, refused});
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("the column x was dropped"));
  EXPECT_THAT(plan.partitions[0].reason, Not(HasSubstr("--")));
}

Inventory WithContents() {
  auto record = Emptied("2024-01-02", 5, 8);
  record.contents = {{2, Rows(9), {}, {}, "", ""}, {7, Rows(5), 3, {}, "WRITE", ""}};
  return MakeInventory({record}, {Removal(8)});
}

TEST(Offers, ContentWhoseFilesAreGoneIsToldAndIsNoChoice) {
  model::Examined gone = Fine();
  gone.files_gone = 2;
  const auto older = PlanWithAnswers(WithContents(), {gone, Fine()}).partitions[0];
  ASSERT_EQ(older.contents.size(), 1U);
  EXPECT_EQ(older.contents[0].last_version, 7);
  EXPECT_THAT(older.reason, HasSubstr("the 9 rows of version 2 cannot come back: 2 of 3 files"));
  EXPECT_THAT(older.reason, HasSubstr("those of version 7, --latest"));
  const auto newest = PlanWithAnswers(WithContents(), {Fine(), gone}).partitions[0];
  EXPECT_THAT(newest.reason, Not(HasSubstr("--latest")));
  EXPECT_EQ(newest.disposition, Disposition::kReview);
}

TEST(Offers, WhereTheNewestContentIsGoneLatestLeavesItToAPerson) {
  auto inventory = WithContents();
  inventory.partitions[0].files_gone = 1;
  Choice latest;
  latest.latest = true;
  EXPECT_EQ(PlanFor(inventory, latest).partitions[0].disposition, Disposition::kReview);
}

TEST(Offers, OfWhatIsInDoubtNothingIsOffered) {
  for (auto inventory :
       {WithContents(), MakeInventory({Shrunk("2024-01-03", 5, 2, 8)}, {Removal(8)})}) {
    inventory.partitions[0].doubts = {{"readers differ", false}};
    const auto plan = PlanWithAnswers(inventory, {});
    EXPECT_THAT(plan.partitions[0].reason, HasSubstr("readers differ"));
    EXPECT_THAT(plan.partitions[0].reason, Not(HasSubstr("--")));
    EXPECT_TRUE(plan.partitions[0].contents.empty());
  }
}

TEST(Offers, WhereADoubtLeavesItToAPersonThePartitionMustBeNamed) {
  auto restored = MakeInventory({Emptied("2024-01-02", 5, 8)}, {Removal(8)});
  auto changed = MakeInventory({Shrunk("2024-01-03", 5, 5, 8)}, {Removal(8)});
  for (Inventory* inventory : {&restored, &changed})
    inventory->partitions[0].doubts = {{"readers differ", true}};
  EXPECT_THAT(PlanWithAnswers(restored, {Fine()}).partitions[0].reason,
              HasSubstr("--partitions takes it all the same"));
  EXPECT_THAT(PlanWithAnswers(changed, {Fine(), Fine()}).partitions[0].reason,
              HasSubstr("--beside together with --partitions puts"));
}

}  // namespace
}  // namespace salvor::triage
