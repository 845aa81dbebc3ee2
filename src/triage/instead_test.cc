// --replace: today's rows make room for the old ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "triage/days_test.h"
#include "triage/verdict.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::Inventory;
using model::Mode;
using testing::HasSubstr;

constexpr const char* kDay = "2024-01-02";

Choice Replacing() {
  Choice choice;
  choice.replace = {Day(kDay)};
  choice.only.emplace(choice.replace);
  return choice;
}

// A day of ten rows that version 4 overwrote with seven others.
Inventory WrongDay() {
  auto record = Shrunk(kDay, 10, 7, 4);
  record.contents = {{3, Rows(10), {}, {}, "", ""}};
  return MakeInventory({Intact("2024-01-01", 5), record}, {Removal(4)});
}

// The plan, where this many of today's rows are in the old content too.
model::Plan PlanWithCommon(const Inventory& inventory, const Choice& choice,
                           std::optional<int64_t> common, int64_t staged = 10) {
  auto draft = Decide(inventory, Assess(inventory), choice, model::TestWords());
  EXPECT_TRUE(draft) << draft.error().Message();
  auto examination = Agreeable(*draft);
  for (auto& one : examination.partitions) {
    one.now = Rows(7);
    if (common) one.relation = model::Relation{one.wanted.key, staged, 7, *common};
  }
  return Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
}

const model::PlannedPartition& Planned(const model::Plan& plan) {
  for (const auto& one : plan.partitions)
    if (one.key == Day(kDay)) return one;
  ADD_FAILURE() << "the day is not in the plan";
  return plan.partitions.at(0);
}

TEST(Instead, TheOnlyEarlierContentTakesThePlaceOfTodays) {
  const auto plan = PlanWithCommon(WrongDay(), Replacing(), 2);
  const auto& planned = Planned(plan);
  EXPECT_EQ(planned.disposition, Disposition::kRestore);
  EXPECT_EQ(planned.mode, Mode::kInstead);
  EXPECT_EQ(planned.snapshot.version, 3);
  EXPECT_EQ(planned.common, 2);
  EXPECT_EQ(model::RowsTakenOut(plan), 5);
  EXPECT_TRUE(model::TakesRowsOut(plan));
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_THAT(plan.warnings[0], HasSubstr("5 rows of today's leave 1 partition"));
}

TEST(Instead, WhereNothingIsThereNowTheDayIsPutBackAsAnyOther) {
  const auto inventory = MakeInventory({Emptied(kDay, 5, 3)}, {Removal(3)});
  const auto plan = PlanFor(inventory, Replacing());
  EXPECT_EQ(Planned(plan).mode, Mode::kAdd);
  EXPECT_FALSE(model::TakesRowsOut(plan));
}

TEST(Instead, OfSeveralEarlierContentsAPersonChooses) {
  auto inventory = WrongDay();
  inventory.partitions[1].contents = {{1, Rows(9), {}, {}, "", ""}, {3, Rows(10), 2, {}, "", ""}};
  const auto plan = PlanWithCommon(inventory, Replacing(), 0);
  EXPECT_EQ(Planned(plan).disposition, Disposition::kReview);
  EXPECT_THAT(Planned(plan).reason, HasSubstr("a person must say which is meant"));

  Choice latest = Replacing();
  latest.latest = true;
  EXPECT_EQ(Planned(PlanWithCommon(inventory, latest, 0)).snapshot.version, 3);
  Choice version = Replacing();
  version.version = 1;
  EXPECT_EQ(Planned(PlanWithCommon(inventory, version, 0)).snapshot.version, 1);
}

TEST(Instead, WhatWasThereBeforeRowsOfTheLastContentWentIsAContentToo) {
  auto inventory = WrongDay();
  // Version 2 overwrote the right rows, and version 4 only took some of the wrong ones.
  inventory.partitions[1].contents = {{1, Rows(12), {}, {}, "", ""}};
  const auto assessment = Assess(inventory);
  const auto contents = EarlierContents(inventory.partitions[1], assessment.findings[1]);
  ASSERT_EQ(contents.size(), 2U);
  EXPECT_EQ(contents[0].last_version, 1);
  EXPECT_EQ(contents[1].last_version, 3);
  EXPECT_EQ(contents[1].tally.rows, 10);
}

TEST(Instead, AnIntactDayNeedsToBeToldWhatItIsToHave) {
  const auto inventory = MakeInventory({Intact(kDay, 5)}, {});
  EXPECT_EQ(Planned(PlanFor(inventory, Replacing())).disposition, Disposition::kLeave);
  Choice version = Replacing();
  version.version = 1;
  EXPECT_EQ(Planned(PlanFor(inventory, version)).mode, Mode::kInstead);
}

TEST(Instead, WhatIsInDoubtIsHeld) {
  auto inventory = WrongDay();
  inventory.partitions[1].doubts = {{"its readers disagree", false}};
  EXPECT_EQ(Planned(PlanWithCommon(inventory, Replacing(), 0)).disposition, Disposition::kReview);
}

TEST(Instead, WhatCannotBeReadCannotBeSaved) {
  auto inventory = WrongDay();
  inventory.partitions[1].broken = {1, 7, {}};
  EXPECT_EQ(Planned(PlanWithCommon(inventory, Replacing(), {})).disposition, Disposition::kReview);
}

// Known before anybody signs, not when apply compares the rows.

TEST(RowsThatMeet, ADayThatHasTheseVeryRowsIsLeftAlone) {
  EXPECT_EQ(Planned(PlanWithCommon(WrongDay(), Replacing(), 7, 7)).disposition,
            Disposition::kLeave);
}

TEST(RowsThatMeet, AShortDayIsReplacedOnlyIfTheOldContentHasAllOfIt) {
  Choice choice;
  choice.include_partial = true;
  EXPECT_EQ(Planned(PlanWithCommon(WrongDay(), choice, 7)).mode, Mode::kReplace);
  const auto refused = PlanWithCommon(WrongDay(), choice, 5);
  EXPECT_EQ(Planned(refused).disposition, Disposition::kReview);
  EXPECT_THAT(Planned(refused).reason, HasSubstr("2 of the 7 rows that it has now are not in"));
  EXPECT_THAT(Planned(refused).reason, HasSubstr("--replace"));
}

TEST(RowsThatMeet, BesideLaterRowsNoneMayBeTheSame) {
  auto inventory = WrongDay();
  inventory.partitions[1].now = Rows(10);
  Choice choice;
  choice.include_changed = true;
  EXPECT_EQ(Planned(PlanWithCommon(inventory, choice, 0)).mode, Mode::kBeside);
  EXPECT_EQ(Planned(PlanWithCommon(inventory, choice, 1)).disposition, Disposition::kReview);
}

TEST(RowsThatMeet, AnEngineThatCannotTellLeavesItToApply) {
  Choice choice;
  choice.include_partial = true;
  EXPECT_EQ(Planned(PlanWithCommon(WrongDay(), choice, {})).disposition, Disposition::kRestore);
}

}  // namespace
}  // namespace salvor::triage
