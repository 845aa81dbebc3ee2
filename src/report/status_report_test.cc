#include "report/status_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/words_test.h"

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TextWithDeadlineIn(Millis left) {
  const Instant now = *ParseInstant("2026-11-22T19:00:00Z");
  model::Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Assessment assessment;
  model::Finding finding;
  finding.key.values = {"2024-01-01"};
  finding.health = model::Health::kMissing;
  finding.recoverable = true;
  finding.deadline = now + left;
  assessment.findings = {finding};
  assessment.missing = assessment.missing_recoverable = 1;
  return StatusText({inventory, assessment, now, model::TestWords()});
}

TEST(StatusText, NearADeadlineSaysThatPersistComesFirstAndWaitsForNobody) {
  const std::string near = TextWithDeadlineIn(kDeadlineMargin - Millis(1));
  EXPECT_THAT(near, HasSubstr("Hurry: the first deadline is 2026-11-23T18:59:59.999Z"));
  EXPECT_THAT(near, HasSubstr("Persist before anything else; it needs no approval:"));
  EXPECT_THAT(TextWithDeadlineIn(kDeadlineMargin + Millis(1)), Not(HasSubstr("Hurry")));
}

TEST(StatusText, WhatTheTablesOwnExpirationTookIsNotMissed) {
  model::Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Assessment assessment;
  for (const model::Health health : {model::Health::kExpired, model::Health::kIntact}) {
    assessment.findings.emplace_back().key.values = {"2024-01-01"};
    assessment.findings.back().health = health;
  }
  assessment.expired = assessment.intact = 1;
  const std::string text = StatusText({inventory, assessment, Instant(), model::TestWords()});
  EXPECT_THAT(text, HasSubstr("whole: its one partition is intact; 1 gone by the table's own"));
  EXPECT_THAT(text, Not(HasSubstr("missing")));
}

TEST(StatusText, WhatIsInDoubtIsNamedAndNotCalledWhole) {
  model::Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Assessment assessment;
  for (const char* day : {"2024-01-01", "2024-01-02", "2024-01-03"})
    assessment.findings.emplace_back().key.values = {day};
  for (const size_t i : {0U, 1U})
    assessment.findings[i].doubts = {{"Spark reads 5 rows, DuckDB 10", false}};
  assessment.intact = 3;
  assessment.doubtful = 2;
  const std::string text = StatusText({inventory, assessment, Instant(), model::TestWords()});
  EXPECT_THAT(text, HasSubstr("nothing missing among 3 partitions, but 2 cannot be judged"));
  EXPECT_THAT(text,
              HasSubstr("in doubt: 2024-01-01 .. 2024-01-02: Spark reads 5 rows, DuckDB 10\n"));
  EXPECT_THAT(text, Not(HasSubstr("whole")));
}

}  // namespace
}  // namespace salvor::report
