#include "triage/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "model/words_test.h"
#include "triage/assess.h"
#include "triage/select.h"

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
using model::Tally;
using testing::HasSubstr;
using testing::Not;

Tally Rows(int64_t rows) { return {.rows = rows, .bytes = rows * 10, .files = rows > 0 ? 1 : 0}; }

PartitionKey Day(const std::string& day) { return {{day}}; }

Event Removal(int64_t version, EventKind kind = EventKind::kRemoval) {
  Event event;
  event.version = version;
  event.at = InstantOfMillis(version * 1000);
  event.operation = kind == EventKind::kRemoval ? "DELETE" : "UPDATE";
  event.who = "somebody";
  event.kind = kind;
  event.partitions = 1;
  event.emptied = 1;
  return event;
}

PartitionRecord Intact(const std::string& day, int64_t rows) {
  PartitionRecord record;
  record.key = Day(day);
  record.now = record.best = Rows(rows);
  return record;
}

PartitionRecord Emptied(const std::string& day, int64_t rows, int64_t event) {
  PartitionRecord record;
  record.key = Day(day);
  record.best = Rows(rows);
  record.emptied = model::Before{event, Rows(rows)};
  record.emptyings = 1;
  record.files_present = 1;
  return record;
}

PartitionRecord Shrunk(const std::string& day, int64_t before, int64_t now, int64_t event) {
  PartitionRecord record;
  record.key = Day(day);
  record.best = Rows(before);
  record.now = Rows(now);
  record.replaced = model::Before{event, Rows(before)};
  return record;
}

Inventory MakeInventory(std::vector<PartitionRecord> records, std::vector<Event> events) {
  Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  inventory.partitions = std::move(records);
  inventory.events = std::move(events);
  return inventory;
}

// What the engine would say to each wish: everything is there and legal.
model::Examination Agreeable(const Draft& draft) {
  model::Examination examination;
  for (const model::Wanted& wanted : draft.Asked()) {
    model::Examined examined;
    examined.wanted = wanted;
    examined.snapshot.version = wanted.snapshot;
    examined.restore = Rows(7);
    examined.content = "content";
    examined.files_present = 1;
    examination.partitions.push_back(examined);
  }
  return examination;
}

model::Plan PlanFor(const Inventory& inventory, const Choice& choice = {}) {
  auto draft = Decide(inventory, Assess(inventory), choice, model::TestWords());
  EXPECT_TRUE(draft) << draft.error().Message();
  const auto examination = Agreeable(*draft);
  return Compose(inventory, *std::move(draft), examination, "/staging", {}, model::TestWords());
}

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
  ASSERT_EQ(offers.size(), 1U);
  EXPECT_EQ(offers[0].flags, "--include partial");
  EXPECT_TRUE(offers[0].by_name);
  EXPECT_EQ(offers[0].of, (std::vector<PartitionKey>{Day("2024-01-01"), Day("2024-01-02")}));
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
  EXPECT_THAT(PlanWithAnswers(inventory, {Fine()}).partitions[0].reason,
              HasSubstr("--include partial or --partitions asks for it"));
  model::Examined refused = Fine();
  refused.refusal = "the column x was dropped";
  const auto plan = PlanWithAnswers(inventory, {refused});
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
  EXPECT_THAT(PlanWithAnswers(changed, {Fine()}).partitions[0].reason,
              HasSubstr("--beside together with --partitions asks"));
}

TEST(Select, RangeTakesBothEndsAndListsAreJoined) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1), Intact("2024-01-02", 1),
                                        Intact("2024-01-03", 1), Intact("2024-01-05", 1)},
                                       {});
  auto keys = SelectPartitions(inventory, {"2024-01-01..2024-01-02,2024-01-05"});
  ASSERT_TRUE(keys) << keys.error().Message();
  EXPECT_EQ(*keys, (std::vector{Day("2024-01-01"), Day("2024-01-02"), Day("2024-01-05")}));
}

TEST(Select, UnknownPartitionAndEmptyRangeAreErrors) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1)}, {});
  EXPECT_FALSE(SelectPartitions(inventory, {"2024-02-01"}));
  EXPECT_FALSE(SelectPartitions(inventory, {"2023-01-01..2023-12-31"}));
  EXPECT_FALSE(SelectPartitions(inventory, {"yesterday"}));
  EXPECT_FALSE(SelectPartitions(inventory, {""}));
}

TEST(Select, OfHoursADayStandsForAllOfItsHours) {
  auto inventory = MakeInventory({}, {});
  inventory.columns = {{"hour", model::ColumnType::kTimestamp}};
  for (const char* hour : {"2024-01-01T23:00:00Z", "2024-01-02T00:00:00Z", "2024-01-02T23:00:00Z",
                           "2024-01-03T00:00:00Z"}) {
    PartitionRecord record;
    record.key.values = {hour};
    inventory.partitions.push_back(record);
  }
  const auto chosen = [&](const char* text) {
    auto keys = SelectPartitions(inventory, {text});
    return keys ? keys->size() : 0;
  };
  EXPECT_EQ(chosen("2024-01-02"), 2U);
  EXPECT_EQ(chosen("2024-01-01..2024-01-02"), 3U);
  EXPECT_EQ(chosen("2024-01-01T23:00..2024-01-02T00:00"), 2U);
  EXPECT_EQ(chosen("2024-01-02T23:00:00Z,2024-01-03"), 2U);
}

TEST(Select, WhatIsNoValueIsRefusedWithHowItIsWritten) {
  const auto inventory = MakeInventory({Intact("2024-01-01", 1)}, {});
  const auto keys = SelectPartitions(inventory, {"20240101"});
  ASSERT_FALSE(keys);
  EXPECT_NE(keys.error().next.find("2024-01-31"), std::string::npos);
}

TEST(Select, ObjectNamesAPartitionOfSeveralColumnsWithNull) {
  auto inventory = MakeInventory({}, {});
  inventory.columns.push_back({"country", model::ColumnType::kString});
  PartitionRecord record;
  record.key.values = {"2024-01-01", std::nullopt};
  inventory.partitions.push_back(record);
  auto keys = SelectPartitions(inventory, {R"({"country":null,"day":"2024-01-01"})"});
  ASSERT_TRUE(keys) << keys.error().Message();
  EXPECT_EQ(keys->size(), 1U);
  EXPECT_FALSE(SelectPartitions(inventory, {"2024-01-01"}));
}

}  // namespace
}  // namespace salvor::triage
