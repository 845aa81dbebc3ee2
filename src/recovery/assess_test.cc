#include "recovery/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_engine.h"

namespace salvor::recovery {
namespace {

using model::Health;
using Table = salvor::testing::FakeEngine::Table;

class AssessTest : public ::testing::Test {
 protected:
  AssessTest() { engine_.Write({}, "CREATE TABLE"); }

  Result<model::Assessment> DoAssess() {
    const auto reader = engine_.Reader();
    SALVOR_TRY(const model::Inventory inventory, reader->Look({}));
    return Assess(*reader, inventory);
  }
  // The only finding of a table with one partition.
  model::Finding Only() {
    auto assessment = DoAssess();
    EXPECT_TRUE(assessment) << assessment.error().Message();
    if (!assessment || assessment->findings.size() != 1) {
      ADD_FAILURE() << "not one finding";
      return {};
    }
    return assessment->findings.front();
  }
  void LoseAll() {
    engine_.Write(Table{{"2024-01-01", {"a", "b"}}}, "WRITE");
    engine_.Write({}, "DELETE");
  }
  void LoseSome() {
    engine_.Write(Table{{"2024-01-01", {"a", "b"}}}, "WRITE");
    engine_.Write(Table{{"2024-01-01", {"a"}}}, "DELETE");
  }

  salvor::testing::FakeEngine engine_;
};

TEST_F(AssessTest, WhatIsMissingAndWouldBePlannedIsRecoverable) {
  LoseAll();
  const model::Finding finding = Only();
  EXPECT_EQ(finding.health, Health::kMissing);
  EXPECT_TRUE(finding.recoverable);
  EXPECT_EQ(DoAssess()->missing_recoverable, 1);
}

TEST_F(AssessTest, WhatTheEngineWouldRefuseToPlanIsNotCalledRecoverable) {
  LoseAll();
  engine_.Scene().refusals["2024-01-01"] = "a column is gone";
  const model::Finding finding = Only();
  EXPECT_FALSE(finding.recoverable);
  EXPECT_EQ(finding.refusal, "a column is gone");
  const auto assessment = DoAssess();
  EXPECT_EQ(assessment->missing_recoverable, 0);
  EXPECT_EQ(assessment->missing_refused, 1);
}

TEST_F(AssessTest, TheEvidenceForPartialPartitionsComesFromTheEngine) {
  LoseSome();
  const model::Finding finding = Only();
  EXPECT_EQ(finding.health, Health::kPartial);
  EXPECT_EQ(finding.files_present, 1);
  EXPECT_TRUE(finding.recoverable);
}

TEST_F(AssessTest, PartialPartitionThatTheEngineRefusesIsNotCalledRecoverable) {
  LoseSome();
  engine_.Scene().refusals["2024-01-01"] = "a column is gone";
  const model::Finding finding = Only();
  EXPECT_FALSE(finding.recoverable);
  EXPECT_EQ(finding.refusal, "a column is gone");
}

TEST_F(AssessTest, SnapshotThatCanNoLongerBeReadIsAnAnswer) {
  LoseSome();
  engine_.Scene().oldest_readable = engine_.Scene().version;
  const model::Finding finding = Only();
  EXPECT_EQ(finding.health, Health::kPartial);
  EXPECT_FALSE(finding.recoverable);
}

TEST_F(AssessTest, EngineThatDoesNotAnswerIsAnError) {
  LoseSome();
  engine_.Scene().examine_error = Error{Code::kUnavailable, "no answer"};
  const auto assessment = DoAssess();
  ASSERT_FALSE(assessment);
  EXPECT_EQ(assessment.error().code, Code::kUnavailable);
}

TEST_F(AssessTest, OfAWholeTableTheEngineIsAskedNothing) {
  engine_.Write(Table{{"2024-01-01", {"a", "b"}}}, "WRITE");
  engine_.Scene().examine_error = Error{Code::kUnavailable, "no answer"};
  EXPECT_EQ(Only().health, Health::kIntact);
}

}  // namespace
}  // namespace salvor::recovery
