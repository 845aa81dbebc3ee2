// plan --replace: of an engine that can put rows in the place of others, and of one that cannot.
#include "tests/contract/engine_contract.h"

namespace salvor::contract {

using model::Mode;
using Kind = warehouse::RestoreOutcome::Kind;

namespace {

const Day kFirst = "2024-01-01";
const Day kSecond = "2024-01-02";

triage::Choice Replacing(const Day& day) {
  triage::Choice choice;
  choice.replace = {model::PartitionKey{{day}}};
  choice.only.emplace(choice.replace);
  return choice;
}

}  // namespace

EngineContract::Made EngineContract::OverwriteADay() {
  scene_->Insert(kFirst, {"a", "a", "b"});
  scene_->Insert(kSecond, {"c"});
  scene_->Overwrite(kFirst, {"a", "wrong"});
  return MakePlan(Replacing(kFirst));
}

TEST_P(ReplaceContract, AWrongDayMakesRoomForTheRightOneAndComesBackWithUndo) {
  const Made made = OverwriteADay();
  const auto planned = model::ToRestore(made.plan);
  ASSERT_EQ(planned.size(), 1U);
  EXPECT_EQ(planned[0]->mode, Mode::kInstead);
  EXPECT_EQ(planned[0]->common, 1);
  EXPECT_EQ(model::RowsTakenOut(made.plan), 1);
  const auto persisted = Persist(made);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  const auto restored = Restore(made);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "a", "b"}));
  EXPECT_EQ(scene_->Rows(kSecond), RowSet{"c"});
  const auto proofs = Engine().Reader()->Prove(made.plan, made.digest);
  ASSERT_TRUE(proofs) << proofs.error().Message();
  ASSERT_TRUE(proofs->front().proven) << proofs->front().problem;
  ASSERT_TRUE(proofs->front().replaced);
  EXPECT_EQ(proofs->front().replaced->saved.rows, 2);
  scene_->Reopen();
  ASSERT_TRUE(TakeBack(made));
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "wrong"}));
  const auto dropped = Engine().Dropper()->Drop(made.plan, made.digest);
  ASSERT_TRUE(dropped) << dropped.error().Message();
  EXPECT_TRUE(*dropped);
  EXPECT_FALSE(*Engine().Dropper()->Drop(made.plan, made.digest));
}

TEST_P(ReplaceContract, RowsThatCameAfterThePlanMakeNoRoom) {
  const Made made = OverwriteADay();
  ASSERT_TRUE(Persist(made));
  scene_->Insert(kFirst, {"later"});
  // Even where whoever decides has seen them: they are in no private copy.
  const auto restored = Restore(made);
  ASSERT_TRUE(restored) << restored.error().Message();
  EXPECT_EQ(restored->kind, Kind::kMoved);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "later", "wrong"}));
}

TEST_P(ReplaceContract, NothingMakesRoomBeforeItIsSaved) {
  const Made made = OverwriteADay();
  const auto restored = Restore(made);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::kRefused);
  EXPECT_EQ(scene_->Rows(kFirst), (RowSet{"a", "wrong"}));
}

TEST_P(NoReplaceContract, AnEngineThatCannotReplaceSaysSoAtPlan) {
  const Made made = OverwriteADay();
  EXPECT_TRUE(model::ToRestore(made.plan).empty());
  ASSERT_FALSE(made.plan.partitions.empty());
  EXPECT_NE(made.plan.partitions[0].reason.find("--replace"), std::string::npos);
}

}  // namespace salvor::contract
