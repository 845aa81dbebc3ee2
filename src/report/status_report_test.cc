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

}  // namespace
}  // namespace salvor::report
