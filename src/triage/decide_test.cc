#include "triage/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "triage/days_test.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::Event;
using model::EventKind;
using model::Health;
using model::Inventory;
using model::Mode;
using model::PartitionKey;
using model::PartitionRecord;
using testing::HasSubstr;

TEST(Judge, EmptyPartitionIsMissingAndShortOneIsPartial) {
  const auto inventory = MakeInventory(
      {Intact("2024-01-01", 5), Emptied("2024-01-02", 5, 3), Shrunk("2024-01-03", 5, 2, 4)},
      {Removal(3), Removal(4)});
  const auto assessment = Assess(inventory);
  EXPECT_EQ(assessment.findings[0].health, Health::kIntact);
  EXPECT_EQ(assessment.findings[1].health, Health::kMissing);
  EXPECT_EQ(assessment.findings[2].health, Health::kPartial);
  EXPECT_EQ(assessment.findings[1].last_good_version, 2);
  EXPECT_EQ(assessment.missing_recoverable, 1);
}

TEST(Judge, ReplacedPartitionWithAsManyRowsIsChanged) {
  const auto inventory = MakeInventory({Shrunk("2024-01-03", 5, 5, 4)}, {Removal(4)});
  EXPECT_EQ(Assess(inventory).findings[0].health, Health::kChanged);
}

TEST(Judge, MissingWithoutItsFilesCannotBeRecovered) {
  auto record = Emptied("2024-01-02", 5, 3);
  record.files_present = 1;
  record.files_gone = 1;
  const auto assessment = Assess(MakeInventory({record}, {Removal(3)}));
  EXPECT_FALSE(assessment.findings[0].recoverable);
  EXPECT_EQ(assessment.missing_recoverable, 0);
}

TEST(Decide, MissingPartitionIsRestoredFromTheVersionBeforeItsEvent) {
  const auto plan = PlanFor(MakeInventory({Emptied("2024-01-02", 5, 3)}, {Removal(3)}));
  ASSERT_EQ(plan.partitions.size(), 1U);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[0].mode, Mode::kAdd);
  EXPECT_EQ(plan.partitions[0].snapshot.version, 2);
  EXPECT_EQ(plan.partitions[0].event, 3);
}

TEST(Decide, OfAPartitionThatCannotComeBackTheFilesAreNamed) {
  auto record = Emptied("2024-01-02", 5, 3);
  record.files_gone = 1;
  record.gone_examples = {"d/a.parquet: 7 bytes, and the log says 305"};
  const auto plan = PlanFor(MakeInventory({Emptied("2024-01-01", 5, 3), record}, {Removal(3)}));
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[1].disposition, Disposition::kLost);
  EXPECT_NE(plan.partitions[1].reason.find("(d/a.parquet: 7 bytes"), std::string::npos);
}

TEST(Decide, WhatCannotBeReadNowIsNeverReplaced) {
  auto record = Shrunk("2024-01-02", 5, 3, 4);
  record.broken = {1, 3, {"d/a.parquet: gone"}};
  const auto inventory = MakeInventory({record}, {Removal(4)});
  auto plan = PlanFor(inventory);
  EXPECT_EQ(plan.partitions[0].health, Health::kBroken);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kLost);
  EXPECT_NE(plan.partitions[0].reason.find("d/a.parquet: gone"), std::string::npos);
  Choice choice;
  choice.version = 3;
  choice.include_partial = true;
  plan = PlanFor(inventory, choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
}

TEST(Decide, OldNewsIsInNoPlanUnlessItIsAskedFor) {
  auto record = Emptied("2024-01-02", 5, 3);
  record.files_gone = 1;
  auto inventory = MakeInventory({record}, {Removal(3)});
  inventory.window.recent_from = inventory.events[0].at + Millis(1);
  EXPECT_TRUE(PlanFor(inventory).partitions.empty());
  Choice choice;
  choice.only = {record.key};
  EXPECT_EQ(PlanFor(inventory, choice).partitions.size(), 1U);
}

TEST(Decide, EachPartitionGetsTheSnapshotOfItsOwnEvent) {
  const auto plan = PlanFor(MakeInventory(
      {Emptied("2024-01-02", 5, 3), Emptied("2024-01-03", 5, 7)}, {Removal(3), Removal(7)}));
  EXPECT_EQ(plan.partitions[0].snapshot.version, 2);
  EXPECT_EQ(plan.partitions[1].snapshot.version, 6);
}

TEST(Decide, PartitionEmptiedByAnUpdateIsForReview) {
  const auto plan =
      PlanFor(MakeInventory({Emptied("2024-01-02", 5, 3)}, {Removal(3, EventKind::kRewrite)}));
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("--event 3"));
}

// Each: the last version that had it, and its rows.
std::vector<model::PastContent> Contents(const std::vector<std::pair<int64_t, int64_t>>& each) {
  std::vector<model::PastContent> contents;
  for (const auto& [version, rows] : each) {
    contents.emplace_back();
    contents.back().last_version = version;
    contents.back().tally = Rows(rows);
  }
  return contents;
}

PartitionRecord Overwritten(const std::string& day) {
  PartitionRecord record = Emptied(day, 5, 7);
  record.contents = Contents({{2, 100}, {6, 5}});
  return record;
}

TEST(Decide, PartitionWhoseRowsWereReplacedByOthersBeforeTheLossIsForReview) {
  const auto plan = PlanFor(MakeInventory({Overwritten("2024-01-02")}, {Removal(3), Removal(7)}));
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("version 2 or version 6"));
  EXPECT_EQ(plan.partitions[0].contents, Contents({{2, 100}, {6, 5}}));
}

TEST(Decide, LatestTakesTheNewestContentAndThePlanStillNamesTheOthers) {
  Choice choice;
  choice.latest = true;
  const auto plan =
      PlanFor(MakeInventory({Overwritten("2024-01-02")}, {Removal(3), Removal(7)}), choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[0].snapshot.version, 6);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("--latest"));
  EXPECT_EQ(plan.partitions[0].contents.size(), 2U);
}

TEST(Decide, NamingThePartitionAloneChoosesNoContent) {
  Choice choice;
  choice.only = {Day("2024-01-02")};
  const auto inventory = MakeInventory({Overwritten("2024-01-02")}, {Removal(3), Removal(7)});
  EXPECT_EQ(PlanFor(inventory, choice).partitions[0].disposition, Disposition::kReview);
  choice.version = 2;
  const auto plan = PlanFor(inventory, choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[0].snapshot.version, 2);
}

TEST(Decide, LatestLeavesToAPersonWhatIsForReviewForAnotherReason) {
  Choice choice;
  choice.latest = true;
  auto record = Overwritten("2024-01-02");
  const auto plan =
      PlanFor(MakeInventory({record}, {Removal(3), Removal(7, EventKind::kRewrite)}), choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
}

std::vector<Event> ExpiryEvents() {
  std::vector<Event> events{Removal(3), Removal(4), Removal(5)};
  for (Event& event : events) event.takes_oldest = true;
  return events;
}

Inventory ExpiringInventory() {
  auto events = ExpiryEvents();
  events[0].changes.push_back({Day("2024-01-01"), 5, 0, 1});
  return MakeInventory({Emptied("2024-01-01", 5, 3), Emptied("2024-01-02", 5, 4),
                        Emptied("2024-01-03", 5, 5), Intact("2024-01-04", 5)},
                       events);
}

TEST(Decide, ThreeEventsThatTakeTheOldestLookLikeExpiryAndAreLeft) {
  for (const auto& partition : PlanFor(ExpiringInventory()).partitions) {
    EXPECT_EQ(partition.disposition, Disposition::kLeave);
  }
}

TEST(Decide, NamedEventBringsBackWhatLooksLikeExpiry) {
  Choice choice;
  choice.event = 3;
  const auto plan = PlanFor(ExpiringInventory(), choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[1].disposition, Disposition::kLeave);
}

TEST(Decide, NamedPartitionsComeBackAlthoughTheyLookLikeExpiry) {
  Choice choice;
  choice.only = {Day("2024-01-01"), Day("2024-01-03")};
  const auto plan = PlanFor(ExpiringInventory(), choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_EQ(plan.partitions[1].disposition, Disposition::kLeave);
  EXPECT_EQ(plan.partitions[2].disposition, Disposition::kRestore);
  Event expiry = Removal(3);
  expiry.by_expiry = true;
  const auto due = PlanFor(MakeInventory({Emptied("2024-01-01", 5, 3)}, {expiry}), choice);
  EXPECT_EQ(due.partitions[0].disposition, Disposition::kRestore);
}

// What could be asked for, if the engine would carry all of it out but for `refused`.
std::vector<model::PlanOffer> OffersOf(const Inventory& inventory, const Choice& choice = {},
                                       const std::optional<PartitionKey>& refused = {}) {
  auto draft = Decide(inventory, Assess(inventory), choice, model::TestWords());
  EXPECT_TRUE(draft) << draft.error().Message();
  std::vector<model::Examined> answers;
  for (const model::Wanted& wanted : draft->Offered()) {
    model::Examined answer;
    answer.wanted = wanted;
    answer.restore = Rows(5);
    if (refused == wanted.key) answer.refusal = "a column was dropped";
    answers.push_back(std::move(answer));
  }
  TakeAnswers(answers, "files are gone", *draft);
  return draft->PlanOffers();
}

TEST(Decide, WhatCouldBeAskedForIsOneOfferForEachWay) {
  const auto offers = OffersOf(ExpiringInventory());
  ASSERT_EQ(offers.size(), 3U);
  EXPECT_EQ(offers[0].flags, "--event 3");
  EXPECT_FALSE(offers[0].by_name);
  EXPECT_EQ(offers[0].of, std::vector<PartitionKey>{Day("2024-01-01")});
  EXPECT_EQ(offers[2].flags, "--event 5");
}

TEST(Decide, OfferOfPartialPartitionsNamesExactlyThese) {
  const auto offers = OffersOf(
      MakeInventory({Shrunk("2024-01-01", 9, 4, 3), Shrunk("2024-01-02", 9, 4, 3)}, {Removal(3)}));
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[0].flags, "--include partial");
  EXPECT_TRUE(offers[0].by_name);
  EXPECT_EQ(offers[0].of, (std::vector<PartitionKey>{Day("2024-01-01"), Day("2024-01-02")}));
  EXPECT_TRUE(offers[1].replaces);
  EXPECT_EQ(offers[1].of, offers[0].of);
}

TEST(Decide, WhatTheEngineWouldRefuseIsNotOffered) {
  const auto offers = OffersOf(ExpiringInventory(), {}, Day("2024-01-02"));
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[1].flags, "--event 5");
}

TEST(Decide, WhatTheTablesOwnExpirationWasDueToTakeIsNotOffered) {
  Event expiry = Removal(3);
  expiry.by_expiry = true;
  EXPECT_TRUE(OffersOf(MakeInventory({Emptied("2024-01-01", 5, 3)}, {expiry})).empty());
}

TEST(Decide, PlanThatRestoresNothingWarnsOfNothing) {
  EXPECT_TRUE(PlanFor(ExpiringInventory()).warnings.empty());
}

TEST(Decide, WhatTheTablesOwnExpirationTookIsLeftBeItOnce) {
  Event expiry = Removal(3);
  expiry.by_expiry = true;
  const Inventory inventory = MakeInventory({Emptied("2024-01-01", 5, 3)}, {expiry});
  const auto plan = PlanFor(inventory);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kLeave);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("own expiration"));
  const model::Assessment assessment = Assess(inventory);
  EXPECT_EQ(assessment.missing, 0);
  EXPECT_EQ(assessment.expired, 1);
}

TEST(Decide, TwoSuchEventsAreNoExpiry) {
  auto events = ExpiryEvents();
  events.pop_back();
  const auto plan =
      PlanFor(MakeInventory({Emptied("2024-01-01", 5, 3), Emptied("2024-01-02", 5, 4)}, events));
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
}

TEST(Decide, PartitionInDoubtIsForReviewAndTheDoubtIsNamed) {
  auto record = Emptied("2024-01-02", 5, 3);
  record.doubts = {{"DuckDB reads 5 rows, Spark none", false}};
  Choice named;
  named.only = {Day("2024-01-02")};
  for (const Choice& choice : {Choice(), named}) {
    const auto plan = PlanFor(MakeInventory({record}, {Removal(3)}), choice);
    EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
    EXPECT_THAT(plan.partitions[0].reason, HasSubstr("DuckDB reads 5 rows"));
  }
}

TEST(Decide, DoubtThatLeavesItToAPersonIsOverriddenByNamingThePartition) {
  auto record = Emptied("2024-01-02", 5, 3);
  record.doubts = {{"an OPTIMIZE may hide in the gap", true}};
  const auto inventory = MakeInventory({record}, {Removal(3)});
  EXPECT_EQ(PlanFor(inventory).partitions[0].disposition, Disposition::kReview);
  Choice named;
  named.only = {Day("2024-01-02")};
  EXPECT_EQ(PlanFor(inventory, named).partitions[0].disposition, Disposition::kRestore);
}

TEST(Judge, PartitionInDoubtIsCounted) {
  auto record = Intact("2024-01-02", 5);
  record.doubts = {{"readers differ", false}};
  EXPECT_EQ(Assess(MakeInventory({record, Intact("2024-01-03", 5)}, {})).doubtful, 1);
}

TEST(Decide, RowsThatWentBeforeTheLossAreNamed) {
  auto record = Emptied("2024-01-02", 5, 7);
  record.best = Rows(9);
  record.best_version = 3;
  const auto plan = PlanFor(MakeInventory({record}, {Removal(4), Removal(7)}));
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kRestore);
  EXPECT_THAT(plan.partitions[0].reason, HasSubstr("9 rows before some went earlier"));
}

TEST(Decide, PartialPartitionIsTouchedOnlyIfAskedFor) {
  const auto inventory = MakeInventory({Shrunk("2024-01-03", 5, 2, 4)}, {Removal(4)});
  EXPECT_EQ(PlanFor(inventory).partitions[0].disposition, Disposition::kLeave);

  Choice include;
  include.include_partial = true;
  EXPECT_EQ(PlanFor(inventory, include).partitions[0].mode, Mode::kReplace);

  Choice named;
  named.only = {Day("2024-01-03")};
  EXPECT_EQ(PlanFor(inventory, named).partitions[0].disposition, Disposition::kRestore);
}

TEST(Decide, ChangedPartitionIsPutBesideOnlyIfAskedFor) {
  const auto inventory = MakeInventory({Shrunk("2024-01-03", 5, 9, 4)}, {Removal(4)});
  EXPECT_EQ(PlanFor(inventory).partitions[0].disposition, Disposition::kLeave);
  Choice choice;
  choice.include_changed = true;
  EXPECT_EQ(PlanFor(inventory, choice).partitions[0].mode, Mode::kBeside);
}

TEST(Decide, PartitionsNotAskedForAreLeft) {
  Choice choice;
  choice.only = {Day("2024-01-03")};
  const auto plan = PlanFor(
      MakeInventory({Emptied("2024-01-02", 5, 3), Emptied("2024-01-03", 5, 3)}, {Removal(3)}),
      choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kLeave);
  EXPECT_EQ(plan.partitions[1].disposition, Disposition::kRestore);
}

TEST(Decide, EventInsideALivingPartitionIsInverted) {
  auto event = Removal(4);
  event.changes.push_back({PartitionKey{}, 10, 6, 1});
  PartitionRecord whole;
  whole.now = Rows(6);
  whole.best = Rows(10);
  whole.replaced = model::Before{4, Rows(10)};
  auto inventory = MakeInventory({whole}, {event});
  inventory.columns.clear();
  Choice choice;
  choice.event = 4;
  const auto plan = PlanFor(inventory, choice);
  EXPECT_EQ(plan.partitions[0].mode, Mode::kInvert);
  EXPECT_EQ(plan.partitions[0].snapshot.version, 3);
}

TEST(Decide, EventThatRemovedNothingIsAnError) {
  Choice choice;
  choice.event = 9;
  for (const std::vector<Event>& events : {std::vector<Event>{}, {Removal(9)}}) {
    const auto inventory = MakeInventory({Intact("2024-01-01", 5)}, events);
    auto draft = Decide(inventory, Assess(inventory), choice, model::TestWords());
    ASSERT_FALSE(draft);
    EXPECT_EQ(draft.error().code, Code::kInvalidArgument);
    EXPECT_THAT(draft.error().what, ::testing::HasSubstr("removed no rows"));
  }
}

TEST(Decide, RefilledPartitionOfANamedEventIsForReview) {
  auto event = Removal(4);
  event.changes.push_back({Day("2024-01-03"), 5, 0, 1});
  Choice choice;
  choice.event = 4;
  const auto plan = PlanFor(MakeInventory({Intact("2024-01-03", 5)}, {event}), choice);
  EXPECT_EQ(plan.partitions[0].disposition, Disposition::kReview);
}

}  // namespace
}  // namespace salvor::triage
