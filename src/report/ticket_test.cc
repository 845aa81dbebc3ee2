#include "report/ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/words_test.h"

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TicketFacts Facts() {
  TicketFacts facts;
  facts.words = &model::TestWords();
  facts.plan.table = {"/lake/ds/events", "events", "id", "delta"};
  facts.plan.columns = {{"day", model::ColumnType::kDate}};
  facts.plan.staging_root = "/lake/private";
  facts.plan.review.approvals = 1;
  for (const char* day : {"2024-01-01", "2024-01-02"}) {
    model::PlannedPartition one;
    one.key.values = {day};
    one.disposition = model::Disposition::kRestore;
    one.reason = "emptied by version 7 (DELETE)";
    one.event = 7;
    one.event_operation = "DELETE";
    one.event_who = "mallory";
    one.event_at = InstantOfMillis(1'700'000'000'000);
    one.deadline = InstantOfMillis(1'700'600'000'000);
    one.snapshot = {6, InstantOfMillis(1'699'000'000'000)};
    one.restore = {500, 1000, 2, 0};
    facts.plan.partitions.push_back(one);
  }
  facts.digest = std::string(64, 'a');
  facts.folder = "cases/one";
  facts.author = "ann";
  facts.head = {0, facts.digest};
  return facts;
}

std::string Text(const TicketFacts& facts, Markup markup = Markup::kMarkdown) {
  return FormatMarkup(markup, TicketText(facts));
}

TEST(Ticket, SaysWhatAReviewerNeeds) {
  const std::string text = Text(Facts());
  for (const std::string& needed :
       {std::string(64, 'a'), std::string("`/lake/ds/events`"), std::string("planned by: `ann`"),
        std::string("`2024-01-01 .. 2024-01-02` (2 partitions): missing, 0 rows now; by version 7 "
                    "(`DELETE`) of `mallory` at 2023-11-14T22:13:20Z"),
        std::string("deadline: 2023-11-21T20:53:20Z"), std::string("1,000 rows"),
        std::string("from version 6"), std::string("approvals needed: 1"),
        std::string("salvor verify cases/one"), std::string("salvor undo cases/one"),
        model::OperationKey(std::string(64, 'a'), "apply"),
        "salvor-journal 0 " + std::string(64, 'a')}) {
    EXPECT_THAT(text, HasSubstr(needed));
  }
  EXPECT_THAT(text, Not(HasSubstr("APPROVALS: 0")));
}

TEST(Ticket, TitleIsOneLineWithTheShortDigest) {
  TicketFacts facts = Facts();
  facts.plan.table.name = "eve\nnts";
  EXPECT_EQ(TicketTitle(facts), "Restore 2 partitions of eve\\x0ants (salvor aaaaaaaaaaaa)");
}

TEST(Ticket, AlertsComeFirst) {
  TicketFacts facts = Facts();
  facts.plan.review.approvals = 0;
  facts.plan.pins.allow_unchecked_iam = true;
  facts.overrides = {"allow-other-signers"};
  facts.plan.warnings = {"A deletion of rows is undone: run it again."};
  const std::string text = Text(facts, Markup::kGithub);
  EXPECT_TRUE(text.starts_with("> [!CAUTION]\n> **APPROVALS: 0."));
  EXPECT_THAT(text, HasSubstr("> **OVERRIDE: readers of the private copy"));
  EXPECT_THAT(text, HasSubstr("- `allow-other-signers`\n"));
  EXPECT_THAT(text, HasSubstr("they must be run again.**\n"));
  EXPECT_THAT(text, HasSubstr("- `A deletion of rows is undone: run it again.`\n"));
}

TEST(Ticket, RedactedOneHoldsNoPartitionValue) {
  TicketFacts facts = Facts();
  facts.redact = true;
  facts.plan.warnings = {"2024-01-01 is odd"};
  facts.operations = {"INSERT INTO t SELECT * WHERE day = '2024-01-01'"};
  facts.no_operations = "no 2024-01-01";
  for (const Markup markup : {Markup::kMarkdown, Markup::kJira, Markup::kAdf}) {
    const std::string text = Text(facts, markup);
    EXPECT_THAT(text, Not(HasSubstr("2024-01-0")));
    EXPECT_THAT(text, HasSubstr("partitions 1 to 2 of plan.json"));
    EXPECT_THAT(text, HasSubstr("1 warning"));
  }
}

TEST(Ticket, StatementsStandThereWordForWord) {
  TicketFacts facts = Facts();
  facts.operations = {"INSERT INTO `p.d.t`\nSELECT 1", "SELECT 2"};
  const std::string text = Text(facts);
  EXPECT_THAT(text, HasSubstr("```text\nINSERT INTO `p.d.t`\nSELECT 1\nSELECT 2\n```\n"));
  EXPECT_THAT(text, HasSubstr("2 things, word for word"));
}

TEST(Ticket, EngineSaysHowItRuns) {
  const std::string text = Text(Facts());
  for (const char* needed : {"persist: by hand, privately", "apply: by hand, in public",
                             "everything is pinned", "salvor show cases/one --operations"}) {
    EXPECT_THAT(text, HasSubstr(needed));
  }
}

TEST(Ticket, OperationsThatCannotBeListedAreSaidToBeSo) {
  TicketFacts facts = Facts();
  facts.no_operations = "the table is out of reach at `2024-01-01`";
  EXPECT_THAT(Text(facts), HasSubstr("the table is out of reach"));
  facts.redact = true;
  EXPECT_THAT(Text(facts), Not(HasSubstr("out of reach")));
}

TEST(Ticket, FolderNameCannotAddACommand) {
  TicketFacts facts = Facts();
  facts.folder = "x'; rm -rf ~; '";
  EXPECT_THAT(Text(facts), HasSubstr("`salvor undo 'x'\\''; rm -rf ~; '\\'''`"));
}

TEST(TicketComment, SaysWhoDidWhatAndAnchorsTheJournal) {
  const std::string text = FormatMarkup(
      Markup::kMarkdown,
      TicketComment("d", {{3, InstantOfMillis(0), "apply", "ann`s", "restored", "", false}},
                    {3, "h"}));
  EXPECT_THAT(text, HasSubstr("- 1970-01-01T00:00:00Z ``ann`s``: `restored`\n"));
  EXPECT_THAT(text, HasSubstr("plan `d`; the journal so far: `salvor-journal 3 h`\n"));
  EXPECT_THAT(text, Not(HasSubstr("LOOK")));
}

}  // namespace
}  // namespace salvor::report
