#include "report/choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "model/words_test.h"

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::PlannedPartition LeftToAPerson(const std::optional<std::string>& day) {
  model::PlannedPartition planned;
  planned.key.values = {day};
  planned.disposition = model::Disposition::kReview;
  planned.event = 6;
  planned.contents = {{3, {10, 100, 1, 0}, std::nullopt, std::nullopt, "", ""},
                      {5, {9, 90, 1, 0}, 4, InstantOfMillis(0), "WRITE", "bob"}};
  return planned;
}

model::Plan PlanOf(std::vector<model::PlannedPartition> partitions) {
  model::Plan plan;
  plan.table = {"/lake/t", "t", "id", "delta"};
  plan.columns = {{"day", model::ColumnType::kDate}};
  plan.partitions = std::move(partitions);
  return plan;
}

TEST(ChoicesText, EachContentStandsWithItsWriterAndTheCommandThatTakesIt) {
  const std::string text = ChoicesText(
      PlanOf({LeftToAPerson("2024-01-02"), LeftToAPerson("2024-01-04")}), model::TestWords());
  EXPECT_THAT(text, HasSubstr("2024-01-02, 2024-01-04:"));
  EXPECT_THAT(text, HasSubstr("version 3: 20 rows"));
  EXPECT_THAT(text, HasSubstr("version 5: 18 rows"));
  EXPECT_THAT(text, HasSubstr("begun by version 4 (WRITE by bob, 1970-01-01"));
  // Not a range: the day between them may be there, and is not meant.
  EXPECT_THAT(text, HasSubstr("salvor plan /lake/t --case DIR --version 3 --partitions "
                              "2024-01-02,2024-01-04\n"));
  EXPECT_THAT(text, HasSubstr("salvor plan /lake/t --case DIR --latest --partitions "
                              "2024-01-02,2024-01-04\n"));
}

TEST(ChoicesText, NullIsNamedAsAnObject) {
  EXPECT_THAT(ChoicesText(PlanOf({LeftToAPerson(std::nullopt)}), model::TestWords()),
              HasSubstr("--version 5 --partitions '{\"day\":null}'"));
}

TEST(ChoicesText, LatestIsForThoseAloneWhoseNewestContentIsLeft) {
  model::PlannedPartition older = LeftToAPerson("2024-01-02");
  older.contents.pop_back();
  const auto text = [](auto partitions) {
    return ChoicesText(PlanOf(std::move(partitions)), model::TestWords());
  };
  EXPECT_THAT(text(std::vector{older, LeftToAPerson("2024-01-04")}),
              HasSubstr("--latest --partitions 2024-01-04\n"));
  EXPECT_THAT(text(std::vector{older}), Not(HasSubstr("--latest")));
}

TEST(ChoicesText, WhatIsRestoredOrHasNoContentsIsNoChoice) {
  model::PlannedPartition restored = LeftToAPerson("2024-01-02");
  restored.disposition = model::Disposition::kRestore;
  model::PlannedPartition doubted = LeftToAPerson("2024-01-03");
  doubted.contents.clear();
  EXPECT_EQ(ChoicesText(PlanOf({restored, doubted}), model::TestWords()), "");
}

}  // namespace
}  // namespace salvor::report
