#include "report/plan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/words_test.h"

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::Plan OneDay(model::Disposition disposition) {
  model::PlannedPartition planned;
  planned.key.values = {"2024-01-02"};
  planned.disposition = disposition;
  planned.reason = "its rows were deleted";
  planned.snapshot = {3, Instant()};
  planned.restore = {10, 100, 1, 0};
  model::Plan plan;
  plan.table = {"/lake/t", "t", "id", "delta"};
  plan.columns = {{"day", model::ColumnType::kDate}};
  plan.partitions = {planned};
  return plan;
}

class WithPieces final : public model::EngineTestWords {
  std::string_view PiecesHeader() const override { return "FILES"; }
};

TEST(PlanText, WhatComesBackStandsWithItsVersionAndRows) {
  const std::string text = PlanText(OneDay(model::Disposition::kRestore), "", model::TestWords());
  EXPECT_THAT(text, HasSubstr("restore 1 partition (10 rows, 100 B)"));
  EXPECT_THAT(text, HasSubstr("FROM VERSION"));
  EXPECT_THAT(PlanText(OneDay(model::Disposition::kLeave), "", model::TestWords()),
              Not(HasSubstr("FROM VERSION")));
}

TEST(PlanText, AColumnWithoutMeaningForTheEngineIsNotThere) {
  const model::Plan plan = OneDay(model::Disposition::kRestore);
  EXPECT_THAT(PlanText(plan, "", model::TestWords()), Not(HasSubstr("FILES")));
  EXPECT_THAT(PlanText(plan, "", WithPieces()), HasSubstr("FILES"));
}

}  // namespace
}  // namespace salvor::report
