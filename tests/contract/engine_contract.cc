#include "tests/contract/engine_contract.h"

#include <algorithm>

#include "triage/assess.h"

namespace salvor::contract {

using model::Disposition;
using model::Mode;
using Kind = warehouse::RestoreOutcome::Kind;

namespace {

const Day kFirst = "2024-01-01";
const Day kSecond = "2024-01-02";
const Day kThird = "2024-01-03";

const model::PartitionRecord* RecordOf(const model::Inventory& inventory, const Day& day) {
  for (const model::PartitionRecord& record : inventory.partitions) {
    if (record.key == model::PartitionKey{{day}}) return &record;
  }
  return nullptr;
}

model::Inventory Look(warehouse::Engine& engine) {
  auto inventory = engine.Reader()->Look({});
  EXPECT_TRUE(inventory) << inventory.error().Message();
  return inventory ? *inventory : model::Inventory();
}

}  // namespace

EngineContract::Made EngineContract::MakePlan(const triage::Choice& choice) {
  Made made;
  const auto reader = Engine().Reader();
  warehouse::LookRequest request;
  request.event_changes = choice.version.has_value();
  request.earlier_contents = !choice.replace.empty();
  const auto inventory = reader->Look(request);
  EXPECT_TRUE(inventory) << inventory.error().Message();
  if (!inventory) return made;
  auto draft = triage::Decide(*inventory, triage::Assess(*inventory), choice, reader->Words());
  EXPECT_TRUE(draft) << draft.error().Message();
  auto examination = reader->Examine(draft->Asked());
  EXPECT_TRUE(examination) << examination.error().Message();
  if (!examination) return made;
  if (!choice.replace.empty()) {
    const auto compared = reader->Compare(draft->Asked());
    EXPECT_TRUE(compared) << compared.error().Message();
    for (size_t i = 0; compared && i < compared->size(); ++i)
      examination->partitions.at(i).relation = compared->at(i).relation;
  }
  made.plan = triage::Compose(*inventory, std::move(*draft), *examination, scene_->StagingRoot(),
                              {}, reader->Words());
  made.digest = model::PlanDigest(model::FormatPlan(made.plan));
  return made;
}

EngineContract::Made EngineContract::LoseTwoDays() {
  scene_->Insert(kFirst, {"a", "a", "b"});
  scene_->Insert(kSecond, {"c"});
  scene_->Insert(kThird, {"d", "e"});
  scene_->Delete({kFirst, kSecond});
  return MakePlan();
}

std::vector<warehouse::RestoreStep> EngineContract::StepsNow(const Made& made) {
  const auto present = Engine().Reader()->LookAgain(made.plan);
  EXPECT_TRUE(present) << present.error().Message();
  std::vector<warehouse::RestoreStep> steps;
  for (size_t i = 0; present && i < present->partitions.size(); ++i) {
    steps.push_back({i, present->partitions[i].present});
  }
  return steps;
}

std::optional<warehouse::AppliedState> EngineContract::Find(const Made& made,
                                                            const std::string& step) {
  auto found = Engine().Reader()->FindOperation(made.plan, made.digest, step);
  EXPECT_TRUE(found) << found.error().Message();
  return found ? *found : std::nullopt;
}

TEST_P(EngineContract, ALookNamesWhatIsThereAndWhatWasLost) {
  LoseTwoDays();
  const model::Inventory inventory = Look(Engine());
  ASSERT_EQ(inventory.columns.size(), 1U);
  EXPECT_EQ(inventory.columns[0].type, model::ColumnType::kDate);
  const model::PartitionRecord* lost = RecordOf(inventory, kFirst);
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(lost->now.rows, 0);
  EXPECT_EQ(lost->best.rows, 3);
  ASSERT_TRUE(lost->emptied);
  EXPECT_EQ(lost->emptied->tally.rows, 3);
  EXPECT_TRUE(lost->deadline);
  const model::PartitionRecord* there = RecordOf(inventory, kThird);
  ASSERT_NE(there, nullptr);
  EXPECT_EQ(there->now.rows, 2);
  EXPECT_FALSE(there->emptied);
}

TEST_P(EngineContract, ALookNamesTheEventThatTookTheRows) {
  LoseTwoDays();
  const model::Inventory inventory = Look(Engine());
  const model::PartitionRecord* lost = RecordOf(inventory, kFirst);
  ASSERT_TRUE(lost != nullptr && lost->emptied);
  const auto event =
      std::find_if(inventory.events.begin(), inventory.events.end(),
                   [&](const model::Event& one) { return one.version == lost->emptied->event; });
  ASSERT_NE(event, inventory.events.end());
  EXPECT_EQ(event->kind, model::EventKind::kRemoval);
  EXPECT_EQ(event->rows_removed, 4);
  EXPECT_EQ(event->emptied, 2);
  EXPECT_FALSE(event->by_salvor);
}

TEST_P(EngineContract, AnUnharmedTableHasNothingToBringBack) {
  scene_->Insert(kFirst, {"a"});
  scene_->Insert(kSecond, {"b"});
  const Made made = MakePlan();
  EXPECT_TRUE(model::ToRestore(made.plan).empty());
  EXPECT_EQ(made.plan.intact, 2);
}

TEST_P(EngineContract, WhatComesBackByDefaultIsRefusedNeitherByPlanNorBefore) {
  LoseTwoDays();
  const model::Inventory inventory = Look(Engine());
  const auto draft =
      triage::Decide(inventory, triage::Assess(inventory), {}, Engine().Reader()->Words());
  ASSERT_TRUE(draft) << draft.error().Message();
  const auto refusals = Engine().Reader()->Refusals(draft->Asked());
  ASSERT_TRUE(refusals) << refusals.error().Message();
  EXPECT_EQ(*refusals, std::vector<std::string>(2));
}

TEST_P(EngineContract, RowsDeletedAfterTheSnapshotThatWasAskedForAreToldInThePlan) {
  scene_->Insert(kFirst, {"a", "b", "c"});
  scene_->Insert(kSecond, {"d"});
  const int64_t before = Look(Engine()).version;
  scene_->Shorten(kFirst, {"a"});
  scene_->Delete({kFirst});
  triage::Choice choice;
  choice.version = before;
  const Made made = MakePlan(choice);
  ASSERT_EQ(model::ToRestore(made.plan).size(), 1U);
  EXPECT_TRUE(std::any_of(made.plan.warnings.begin(), made.plan.warnings.end(),
                          [](const std::string& warning) {
                            return warning.find("run it again after apply") != std::string::npos;
                          }));
}

TEST_P(EngineContract, TheSameStateGivesTheSamePlan) {
  Made made = LoseTwoDays();
  EXPECT_EQ(model::ToRestore(made.plan).size(), 2U);
  scene_->Reopen();
  const Made again = MakePlan();
  if (scene_->VersionsAreInstants()) made.plan.state.version = again.plan.state.version;
  EXPECT_EQ(model::FormatPlan(again.plan), model::FormatPlan(made.plan));
}

TEST_P(EngineContract, ThereIsNoPrivateCopyBeforePersist) {
  const Made made = LoseTwoDays();
  const auto found = Engine().Staging()->Find(made.plan, made.digest);
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_FALSE(*found);
}

TEST_P(EngineContract, ARejectionsMarkLiesWithThePrivateCopyOrWhereThatWillLie) {
  const Made made = LoseTwoDays();
  const std::string one(64, 'a');
  const auto marks = [&] {
    const auto found = Engine().Staging()->Rejections(made.plan, made.digest);
    EXPECT_TRUE(found) << found.error().Message();
    return found.value_or(std::vector<std::string>{"error"});
  };
  const auto mark = [&](const std::string& statement) {
    const auto marked = Engine().Staging()->MarkRejected(made.plan, made.digest, statement);
    EXPECT_TRUE(marked) << marked.error().Message();
    return marked.value_or(false);
  };
  // Where the copy will lie there may be a place for it already.
  const bool early = mark(one);
  EXPECT_EQ(marks().size(), early ? 1U : 0U);
  ASSERT_TRUE(Persist(made));
  EXPECT_EQ(marks().size(), early ? 1U : 0U);
  EXPECT_TRUE(mark(one));
  EXPECT_TRUE(mark(one));
  EXPECT_TRUE(mark(std::string(64, '0')));
  scene_->Reopen();
  EXPECT_EQ(marks(), (std::vector<std::string>{std::string(64, '0'), one}));
  EXPECT_TRUE(Persist(made)) << "a marked copy is a copy still";
  EXPECT_EQ(marks().size(), 2U);
  ASSERT_TRUE(Engine().Dropper()->Drop(made.plan, made.digest).value());
  EXPECT_EQ(marks(), early ? std::vector<std::string>{one} : std::vector<std::string>());
}

TEST_P(EngineContract, PersistedTwiceIsOnePrivateCopy) {
  const Made made = LoseTwoDays();
  const auto first = Persist(made);
  ASSERT_TRUE(first) << first.error().Message();
  EXPECT_FALSE(first->already);
  EXPECT_FALSE(first->privacy.empty());
  scene_->Reopen();
  const auto second = Persist(made);
  ASSERT_TRUE(second) << second.error().Message();
  EXPECT_TRUE(second->already);
  EXPECT_EQ(second->place, first->place);
  const auto found = Engine().Staging()->Find(made.plan, made.digest);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->place, first->place);
}

TEST_P(EngineContract, PersistTouchesNothingInProduction) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  EXPECT_EQ(scene_->Rows(kFirst), RowSet());
  EXPECT_EQ(scene_->Rows(kThird), (RowSet{"d", "e"}));
}

TEST_P(EngineContract, PersistRefusesContentThatIsNotThePlans) {
  Made made = LoseTwoDays();
  for (model::PlannedPartition& partition : made.plan.partitions) {
    if (partition.disposition == Disposition::kRestore) partition.content = "other";
  }
  made.digest = model::PlanDigest(model::FormatPlan(made.plan));
  const auto persisted = Persist(made);
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kStale);
}

TEST_P(EngineContract, RestoreBringsBackExactlyTheRowsThatWereLost) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  const auto restored = Restore(made);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(restored->kind, Kind::kDone);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b"}));
  EXPECT_EQ(scene_->Rows(kSecond), RowSet{"c"});
  EXPECT_EQ(scene_->Rows(kThird), (RowSet{"d", "e"}));
}

TEST_P(EngineContract, ARestoredTableIsIntact) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  scene_->Reopen();
  const Made again = MakePlan();
  EXPECT_TRUE(model::ToRestore(again.plan).empty());
  EXPECT_EQ(again.plan.intact, 3);
}

TEST_P(EngineContract, RestoredTwiceFromTwoProcessesIsRestoredOnce) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  const std::vector<warehouse::RestoreStep> steps = StepsNow(made);
  ASSERT_TRUE(Engine().Writer()->Restore(made.plan, made.digest, steps));
  scene_->Reopen();
  const auto again = Engine().Writer()->Restore(made.plan, made.digest, steps);
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(again->kind, Kind::kAlready);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b"}));
}

TEST_P(EngineContract, RestoreNeverAddsToADayThatGotRowsMeanwhile) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  const std::vector<warehouse::RestoreStep> steps = StepsNow(made);
  scene_->Insert(kSecond, {"later"});
  const auto restored = Engine().Writer()->Restore(made.plan, made.digest, steps);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(restored->kind, Kind::kMoved);
  EXPECT_FALSE(restored->moved.empty());
  EXPECT_EQ(scene_->Rows(kSecond), RowSet{"later"});
}

TEST_P(EngineContract, RestoreNeedsAPrivateCopy) {
  const Made made = LoseTwoDays();
  const auto restored = Restore(made);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::kRefused);
  EXPECT_EQ(scene_->Rows(kFirst), RowSet());
}

TEST_P(EngineContract, RelationsCountRowsAsOftenAsTheyAre) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  scene_->Insert(kFirst, {"a", "b", "b", "x"});
  const auto relations = Engine().Reader()->Relate(made.plan, made.digest, {0});
  ASSERT_TRUE(relations) << relations.error().Message();
  ASSERT_EQ(relations->size(), 1U);
  EXPECT_EQ(relations->front().staged_rows, 3);
  EXPECT_EQ(relations->front().present_rows, 4);
  EXPECT_EQ(relations->front().common_rows, 2);
}

TEST_P(EngineContract, TheTableRemembersWhatWasAppliedAndWhatBecameOfIt) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  EXPECT_FALSE(Find(made, "apply"));
  ASSERT_TRUE(Restore(made));
  scene_->Reopen();
  const auto applied = Find(made, "apply");
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->live);
  EXPECT_TRUE(applied->lost_since.empty());
  EXPECT_FALSE(Find(made, "undo"));
  scene_->Delete({kFirst});
  const auto later = Find(made, "apply");
  ASSERT_TRUE(later);
  EXPECT_FALSE(later->live);
}

TEST_P(EngineContract, AProofReadsBothSides) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  scene_->Reopen();
  const auto proofs = Engine().Reader()->Prove(made.plan, made.digest);
  ASSERT_TRUE(proofs) << proofs.error().Message();
  ASSERT_EQ(proofs->size(), 2U);
  for (const model::PartitionProof& proof : *proofs) {
    EXPECT_TRUE(proof.proven) << proof.problem;
    EXPECT_EQ(proof.staged.rows, proof.planned_rows);
    EXPECT_EQ(proof.restored.rows, proof.planned_rows);
  }
}

TEST_P(EngineContract, ChangesAfterTheApplyAreNamed) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  const auto restored = Restore(made);
  ASSERT_TRUE(restored);
  const auto none = Engine().Reader()->ChangesSince(made.plan, restored->version);
  ASSERT_TRUE(none) << none.error().Message();
  EXPECT_TRUE(none->empty());
  scene_->Delete({kFirst});
  const auto some = Engine().Reader()->ChangesSince(made.plan, restored->version);
  ASSERT_TRUE(some) << some.error().Message();
  EXPECT_FALSE(some->empty());
}

TEST_P(EngineContract, UndoTakesBackExactlyWhatWasRestored) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  scene_->Reopen();
  const auto undone = TakeBack(made);
  ASSERT_TRUE(undone) << undone.error().Message();
  EXPECT_EQ(undone->kind, Kind::kDone);
  EXPECT_EQ(scene_->Rows(kFirst), RowSet());
  EXPECT_EQ(scene_->Rows(kSecond), RowSet());
  EXPECT_EQ(scene_->Rows(kThird), (RowSet{"d", "e"}));
  EXPECT_TRUE(Find(made, "undo"));
}

TEST_P(EngineContract, UndoneTwiceIsUndoneOnce) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  ASSERT_TRUE(TakeBack(made));
  scene_->Insert(kFirst, {"new"});
  scene_->Reopen();
  const auto again = TakeBack(made);
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(again->kind, Kind::kAlready);
  EXPECT_EQ(scene_->Rows(kFirst), RowSet{"new"});
}

TEST_P(EngineContract, UndoLeavesDaysAloneThatSomebodyElseWroteTo) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  scene_->Insert(kFirst, {"new"});
  const auto undone = TakeBack(made);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().code, Code::kStale);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b", "new"}));
  EXPECT_EQ(scene_->Rows(kSecond), RowSet{"c"});
}

TEST_P(EngineContract, DropTakesThisPlansCopyAndNoOther) {
  const Made made = LoseTwoDays();
  ASSERT_TRUE(Persist(made));
  triage::Choice choice;
  choice.only = {{model::PartitionKey{{kFirst}}}};
  const Made other = MakePlan(choice);
  ASSERT_NE(other.digest, made.digest);
  ASSERT_TRUE(Persist(other));
  auto dropped = Engine().Dropper()->Drop(made.plan, made.digest);
  ASSERT_TRUE(dropped) << dropped.error().Message();
  EXPECT_TRUE(*dropped);
  const auto gone = Engine().Staging()->Find(made.plan, made.digest);
  ASSERT_TRUE(gone) << gone.error().Message();
  EXPECT_FALSE(*gone);
  const auto kept = Engine().Staging()->Find(other.plan, other.digest);
  ASSERT_TRUE(kept) << kept.error().Message();
  EXPECT_TRUE(*kept);
  dropped = Engine().Dropper()->Drop(made.plan, made.digest);
  ASSERT_TRUE(dropped) << dropped.error().Message();
  EXPECT_FALSE(*dropped);
}

TEST_P(EngineContract, AShortDayIsReplacedByWhatItWas) {
  scene_->Insert(kFirst, {"a", "a", "b"});
  scene_->Insert(kSecond, {"c"});
  scene_->Shorten(kFirst, {"a"});
  triage::Choice choice;
  choice.include_partial = true;
  const Made made = MakePlan(choice);
  const auto planned = model::ToRestore(made.plan);
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0]->mode, Mode::kReplace);
  ASSERT_TRUE(Persist(made));
  const auto relations = Engine().Reader()->Relate(made.plan, made.digest, {0});
  ASSERT_TRUE(relations) << relations.error().Message();
  EXPECT_TRUE(relations->front().Contains());
  const auto restored = Restore(made);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b"}));
  const auto proofs = Engine().Reader()->Prove(made.plan, made.digest);
  ASSERT_TRUE(proofs) << proofs.error().Message();
  EXPECT_TRUE(proofs->front().proven) << proofs->front().problem;
  ASSERT_TRUE(TakeBack(made));
  EXPECT_EQ(scene_->Rows(kFirst), RowSet{"a"});
}

TEST_P(EngineContract, AShortDayIsReplacedOnce) {
  scene_->Insert(kFirst, {"a", "a", "b"});
  scene_->Shorten(kFirst, {"a"});
  triage::Choice choice;
  choice.include_partial = true;
  const Made made = MakePlan(choice);
  ASSERT_TRUE(Persist(made));
  const std::vector<warehouse::RestoreStep> steps = StepsNow(made);
  ASSERT_TRUE(Engine().Writer()->Restore(made.plan, made.digest, steps));
  scene_->Reopen();
  const auto again = Engine().Writer()->Restore(made.plan, made.digest, steps);
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(again->kind, Kind::kAlready);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b"}));
}

TEST_P(EngineContract, AShortDayThatGotRowsMeanwhileIsNotReplaced) {
  scene_->Insert(kFirst, {"a", "a", "b"});
  scene_->Shorten(kFirst, {"a"});
  triage::Choice choice;
  choice.include_partial = true;
  const Made made = MakePlan(choice);
  ASSERT_TRUE(Persist(made));
  const std::vector<warehouse::RestoreStep> steps = StepsNow(made);
  scene_->Insert(kFirst, {"later"});
  const auto restored = Engine().Writer()->Restore(made.plan, made.digest, steps);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(restored->kind, Kind::kMoved);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "later"}));
}

TEST_P(EngineContract, RowsWithoutADayComeBackLikeAnyOthers) {
  scene_->Insert(kFirst, {"a"});
  scene_->Insert(std::nullopt, {"n", "n"});
  scene_->Delete({std::nullopt});
  const Made made = MakePlan();
  ASSERT_EQ(model::ToRestore(made.plan).size(), 1U);
  ASSERT_TRUE(Persist(made));
  const auto restored = Restore(made);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(scene_->Rows(std::nullopt), (RowSet{"n", "n"}));
}

TEST_P(EngineContract, LossesOfDifferentTimesComeFromDifferentSnapshots) {
  scene_->Insert(kFirst, {"a"});
  scene_->Insert(kSecond, {"b"});
  scene_->Insert(kThird, {"c"});
  scene_->Delete({kFirst});
  scene_->Insert(kSecond, {"b2"});
  scene_->Delete({kSecond});
  const Made made = MakePlan();
  const auto planned = model::ToRestore(made.plan);
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_NE(planned[0]->snapshot.version, planned[1]->snapshot.version);
  ASSERT_TRUE(Persist(made));
  ASSERT_TRUE(Restore(made));
  EXPECT_EQ(scene_->Rows(kFirst), RowSet{"a"});
  EXPECT_EQ(scene_->Rows(kSecond), (RowSet{"b", "b2"}));
}

}  // namespace salvor::contract
