#include "report/status_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/words_test.h"

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string JsonOf(const std::vector<StatusView>& views, bool as_list,
                   const nlohmann::json& error = nullptr) {
  std::string text;
  WriteStatusJson(views, as_list, error, [&](std::string_view part) { text += part; });
  return text;
}

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
  EXPECT_THAT(near, HasSubstr("Hurry: the first deadline is 2026-11-23T18:59:59Z"));
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
  EXPECT_THAT(
      text,
      HasSubstr("whole since version 0: its one partition is intact; 1 gone by the table's own"));
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
  EXPECT_THAT(text, HasSubstr("nothing missing among 3 partitions since version 0, but 2 cannot "
                              "be judged"));
  EXPECT_THAT(text,
              HasSubstr("in doubt: 2024-01-01 .. 2024-01-02: Spark reads 5 rows, DuckDB 10\n"));
  EXPECT_THAT(text, Not(HasSubstr("whole")));
}

struct Scene {
  Scene() {
    inventory.table = {"/lake/t", "t", "id", "delta"};
    inventory.columns = {{"day", model::ColumnType::kDate}};
    inventory.version = 7;
    inventory.pieces_looked_for = true;
  }
  model::Finding& Add(const char* day, model::Health health) {
    model::Finding& finding = assessment.findings.emplace_back();
    finding.key.values = {day};
    finding.health = health;
    return finding;
  }
  std::string Text() const {
    return StatusText({inventory, assessment, Instant(), model::TestWords()});
  }

  model::Inventory inventory;
  model::Assessment assessment;
};

TEST(StatusText, WholeSaysSinceWhenAndWhetherFilesWereLookedFor) {
  Scene scene;
  scene.inventory.window.first_version = 3;
  scene.Add("2024-01-01", model::Health::kIntact);
  EXPECT_THAT(scene.Text(), HasSubstr("/lake/t: whole since version 3: its one partition is "
                                      "intact, and every file is there\n"));
  scene.inventory.pieces_looked_for = false;
  EXPECT_THAT(scene.Text(), HasSubstr("is intact; files were not looked for\n"));
}

TEST(StatusText, WhereNothingWasComparedNothingIsCalledWhole) {
  Scene scene;
  scene.Add("2024-01-01", model::Health::kIntact);
  scene.inventory.window.first_version = scene.inventory.version;
  scene.assessment.compared = false;
  EXPECT_THAT(scene.Text(), HasSubstr("nothing to compare 1 partition with, and every file is"));
  EXPECT_THAT(scene.Text(), HasSubstr("nothing was compared: look further back with an earlier"));
  scene.inventory.window.whole_history = true;
  EXPECT_THAT(scene.Text(), HasSubstr("a backup of the table's log"));
  EXPECT_THAT(scene.Text(), Not(HasSubstr("whole")));
}

TEST(StatusText, OldLossesAreOneLine) {
  Scene scene;
  scene.inventory.window.recent_from = *ParseInstant("2026-11-01T00:00:00Z");
  scene.Add("2024-01-01", model::Health::kMissing).old = true;
  scene.Add("2024-01-02", model::Health::kIntact);
  scene.assessment.old = {1, 1, 10};
  const std::string text = scene.Text();
  EXPECT_THAT(text, HasSubstr("whole since 2026-11-01T00:00:00Z: its one partition is intact"));
  EXPECT_THAT(text,
              HasSubstr("before 2026-11-01T00:00:00Z: 1 partition lost 10 rows, of which 1 "));
  EXPECT_THAT(text, Not(HasSubstr("2024-01-01")));
}

TEST(StatusText, BrokenPartitionsAreNamedWithTheirFiles) {
  Scene scene;
  model::Finding& broken = scene.Add("2024-01-01", model::Health::kBroken);
  broken.now = {30, 300, 3, 0};
  broken.broken = {2, 20, {"day=2024-01-01/a.parquet: gone"}};
  scene.assessment.broken = 1;
  const std::string text = scene.Text();
  EXPECT_THAT(text, HasSubstr("1 of 1 partition broken, 0 missing, 0 recoverable; 0 partial"));
  EXPECT_THAT(text, HasSubstr("broken: day=2024-01-01/a.parquet: gone\nand 1 more\n"));
  EXPECT_THAT(text, HasSubstr("1 of 3"));
  EXPECT_THAT(text, Not(HasSubstr("whole")));
}

TEST(StatusText, AWindowThatBeginsWithRowsGoneIsNotCalledWhole) {
  Scene scene;
  scene.inventory.window.first_version = 3;
  scene.assessment.compared = false;
  scene.Add("2024-01-01", model::Health::kIntact);
  model::Event& event = scene.inventory.events.emplace_back();
  event.version = 3;
  event.repartitions = true;
  event.rows_removed = 80;
  EXPECT_THAT(scene.Text(), HasSubstr("since version 3, which changed the partitioning and took "
                                      "80 rows"));
  EXPECT_THAT(scene.Text(), Not(HasSubstr("whole")));
}

TEST(StatusText, WhatPlanWouldRefuseIsNamedAndNotPromised) {
  model::Inventory inventory;
  inventory.table = {"/lake/t", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Assessment assessment;
  for (const char* day : {"2024-01-01", "2024-01-02"}) {
    model::Finding& finding = assessment.findings.emplace_back();
    finding.key.values = {day};
    finding.health = model::Health::kMissing;
    finding.files_present = 1;
    finding.refusal = "the column 'x' was long and is string now";
  }
  assessment.missing = assessment.missing_refused = 2;
  const StatusView view{inventory, assessment, Instant(), model::TestWords()};
  const std::string text = StatusText(view);
  EXPECT_THAT(
      text,
      HasSubstr("2 of 2 partitions missing, 0 recoverable (2 that today's table cannot take)"));
  EXPECT_THAT(text, HasSubstr("refused: 2024-01-01 .. 2024-01-02: the column 'x' was long"));
  EXPECT_THAT(text, Not(HasSubstr("salvor plan")));
  EXPECT_THAT(text, Not(HasSubstr("cannot be brought back")));
  const auto json = nlohmann::json::parse(JsonOf({view}, false));
  EXPECT_EQ(json["missing_refused"], 2);
  EXPECT_EQ(json["partitions"][0]["recoverable"], false);
  EXPECT_THAT(json["partitions"][0]["refusal"].get<std::string>(), HasSubstr("is string now"));
}

// As nlohmann would have written the whole.
void ExpectWholeDocument(const std::string& text) {
  EXPECT_EQ(text, nlohmann::json::parse(text).dump(2) + "\n");
}

TEST(StatusJson, IsOneDocumentHoweverManyTablesAndPartitions) {
  model::Inventory inventory;
  inventory.table = {"/lake/\"partitions\": [", "t", "id", "delta"};
  inventory.columns = {{"day", model::ColumnType::kDate}};
  model::Assessment none;
  model::Assessment some;
  for (const char* day : {"2024-01-01", "2024-01-02"})
    some.findings.emplace_back().key.values = {day};
  some.findings.back().doubts = {{"a\nb", false}};
  const StatusView empty{inventory, none, Instant(), model::TestWords()};
  const StatusView two{inventory, some, Instant(), model::TestWords()};
  const nlohmann::json error = {{"code", "not_found"}, {"what", "x"}};
  for (const std::string& text :
       {JsonOf({empty}, false), JsonOf({two}, false), JsonOf({empty, two}, true),
        JsonOf({two, empty}, true, error), JsonOf({two}, true, error), JsonOf({}, true, error)})
    ExpectWholeDocument(text);
  EXPECT_EQ(nlohmann::json::parse(JsonOf({two}, false))["partitions"].size(), 2U);
  const auto both = nlohmann::json::parse(JsonOf({empty, two}, true, error));
  EXPECT_EQ(both["result"][1]["partitions"][1]["partition"]["day"], "2024-01-02");
  EXPECT_EQ(both["error"]["code"], "not_found");
}

}  // namespace
}  // namespace salvor::report
