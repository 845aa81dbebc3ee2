// What an audit finds in a case that somebody had his hands on.
#include "recovery/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/journal.h"
#include "model/words_test.h"
#include "recovery/actor.h"
#include "recovery/apply.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "recovery/verify.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kJournal = "/cases/one/journal.jsonl";
constexpr const char* kProof = "/cases/one/proof.json";

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() : clock_(InstantOfMillis(1'700'000'000'000), Millis(1000)), fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    engine_.Past() = {{"2024-01-01", {"a", "a", "b"}}, {"2024-01-02", {"c"}}};
    engine_.Scene().live = {{"2024-01-03", {"z"}}};
    incident_ = *CreateCase(fs_, "/cases/one",
                            engine_.PlanFor({"2024-01-01", "2024-01-02"}, model::Mode::kAdd));
    EXPECT_TRUE(Persist(fs_, clock_, incident_, ann_, *engine_.Staging()));
    EXPECT_TRUE(Apply(fs_, clock_, incident_, ann_, *engine_.Reader(), *engine_.Staging(),
                      *engine_.Writer()));
    EXPECT_TRUE(Verify(fs_, clock_, incident_, bob_, *engine_.Reader(), *engine_.Staging()));
    rules_.now = clock_.Now();
    rules_.words = model::TestWordsFor;
  }

  model::Audit Audited(std::vector<model::KeptHead> kept = {}) {
    auto audit = AuditCase(fs_, "/cases/one", std::move(kept), rules_);
    EXPECT_TRUE(audit) << audit.error().Message();
    return audit ? *std::move(audit) : model::Audit();
  }
  std::string FirstProblem(std::vector<model::KeptHead> kept = {}) {
    const model::Audit audit = Audited(std::move(kept));
    return audit.problems.empty() ? "none" : audit.problems.front().what;
  }
  [[nodiscard]] std::string Bytes(const std::string& path) const {
    return fs_.Everything().at(path);
  }
  [[nodiscard]] std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::string rest = Bytes(kJournal);
    while (!rest.empty()) {
      const size_t end = rest.find('\n') + 1;
      lines.push_back(rest.substr(0, end));
      rest.erase(0, end);
    }
    return lines;
  }
  void Rewrite(const std::vector<std::string>& lines) {
    std::string bytes;
    for (const std::string& line : lines) bytes += line;
    fs_.Put(kJournal, bytes);
  }
  [[nodiscard]] model::Anchor HeadAt(int64_t line) const {
    const auto chain = journal::ReadJournal(fs_, "/cases/one", incident_.digest);
    return {line, chain->lines.at(static_cast<size_t>(line) - 1).hash};
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  salvor::testing::FakeEngine engine_;
  Case incident_;
  Actor ann_{{model::IdentityKind::kOsUser, "ann"}};
  Actor bob_{{model::IdentityKind::kOsUser, "bob"}};
  Actor eve_{{model::IdentityKind::kOsUser, "eve"}};
  AuditRules rules_;
};

TEST_F(AuditTest, SaysWhoDidWhatWhen) {
  const model::Audit audit = Audited();
  EXPECT_THAT(audit.problems, IsEmpty());
  ASSERT_EQ(audit.activities.size(), 6U);
  EXPECT_EQ(audit.activities[3].who, "ann");
  EXPECT_THAT(audit.activities[3].what, HasSubstr("restored 2 partitions in version"));
  EXPECT_EQ(audit.activities[5].who, "bob");
  EXPECT_THAT(audit.activities[5].what, HasSubstr("proved 2 partitions"));
  EXPECT_EQ(audit.proof, "2 of 2 planned partitions are proven");
  EXPECT_EQ(audit.vouched, 0);
}

TEST_F(AuditTest, EveryEditedRemovedOrMovedLineIsFound) {
  const std::vector<std::string> whole = Lines();
  for (size_t i = 0; i < whole.size(); ++i) {
    std::vector<std::string> edited = whole;
    const size_t who = edited[i].find("\"n\":");
    edited[i][who + 4] = '9';
    Rewrite(edited);
    EXPECT_THAT(FirstProblem(), HasSubstr("was altered")) << "edited " << i;
    std::vector<std::string> removed = whole;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    Rewrite(removed);
    // The last line leaves no trace in the chain, but here the proof that it names is left over.
    EXPECT_NE(FirstProblem(), "none") << "removed " << i;
    if (i == 0) continue;
    std::vector<std::string> moved = whole;
    std::swap(moved[i], moved[i - 1]);
    Rewrite(moved);
    EXPECT_THAT(FirstProblem(), HasSubstr("was altered")) << "moved " << i;
  }
}

TEST_F(AuditTest, WhatStandsBeforeTheAlteredLineIsStillShown) {
  std::vector<std::string> lines = Lines();
  lines[4].replace(lines[4].find("bob"), 3, "eve");
  Rewrite(lines);
  const model::Audit audit = Audited();
  EXPECT_EQ(audit.activities.size(), 4U);
  EXPECT_THAT(audit.problems.front().where, HasSubstr("journal.jsonl:5"));
}

TEST_F(AuditTest, CutTailIsFoundByAHeadThatSomebodyKeeps) {
  const model::KeptHead kept{"the ticket", HeadAt(4), false};
  std::vector<std::string> lines = Lines();
  lines.resize(2);
  Rewrite(lines);
  static_cast<void>(fs_.Remove(kProof));
  EXPECT_EQ(FirstProblem(), "none") << "a cut tail alone leaves no trace";
  EXPECT_THAT(FirstProblem({kept}), HasSubstr("lines were cut off, or it was written anew"));
}

TEST_F(AuditTest, TicketThatOnlyTheJournalNamesVouchesForNothing) {
  model::KeptHead kept{"ticket 1", HeadAt(6)};
  kept.named_at = 2;
  const model::Audit alone = Audited({kept});
  EXPECT_EQ(alone.vouched, 0);
  EXPECT_TRUE(alone.kept.front().holds);
  EXPECT_FALSE(alone.kept.front().vouches);
  // The line that names it is vouched for by somebody else.
  EXPECT_EQ(Audited({kept, {"bob", HeadAt(2)}}).vouched, 6);
  EXPECT_EQ(Audited({kept, {"bob", HeadAt(1)}}).vouched, 1);
  // A person named it.
  kept.named_at = 0;
  EXPECT_EQ(Audited({kept}).vouched, 6);
}

TEST_F(AuditTest, TicketThatOnlyTheJournalNamesStillFindsACutTail) {
  model::KeptHead kept{"ticket 1", HeadAt(6)};
  kept.named_at = 2;
  std::vector<std::string> lines = Lines();
  lines.resize(2);
  Rewrite(lines);
  static_cast<void>(fs_.Remove(kProof));
  EXPECT_THAT(FirstProblem({kept}), HasSubstr("cut off"));
}

TEST_F(AuditTest, JournalWrittenAnewIsFoundByAHeadThatSomebodyKeeps) {
  const model::KeptHead kept{"the ticket", HeadAt(4), false};
  static_cast<void>(fs_.Remove(kJournal));
  static_cast<void>(fs_.Remove(kProof));
  ASSERT_TRUE(Persist(fs_, clock_, incident_, eve_, *engine_.Staging()));
  ASSERT_TRUE(Apply(fs_, clock_, incident_, eve_, *engine_.Reader(), *engine_.Staging(),
                    *engine_.Writer()));
  EXPECT_EQ(FirstProblem(), "none");
  EXPECT_THAT(FirstProblem({kept}), HasSubstr("written anew"));
}

TEST_F(AuditTest, VouchesUpToTheLastKeptHeadAndNoFurther) {
  const model::Audit audit = Audited({{"the ticket", HeadAt(4), false}, {"bob", HeadAt(2), false}});
  EXPECT_EQ(audit.vouched, 4);
  EXPECT_EQ(audit.head.line, 6);
  EXPECT_TRUE(audit.kept[0].holds);
  EXPECT_THAT(audit.problems, IsEmpty());
}

TEST_F(AuditTest, JournalOfAnotherCaseIsFound) {
  auto other = CreateCase(fs_, "/cases/two", engine_.PlanFor({"2024-01-01"}, model::Mode::kAdd));
  ASSERT_TRUE(other);
  ASSERT_TRUE(Persist(fs_, clock_, *other, ann_, *engine_.Staging()));
  fs_.Put(kJournal, Bytes("/cases/two/journal.jsonl"));
  EXPECT_THAT(FirstProblem(), HasSubstr("belongs to another case"));
}

TEST_F(AuditTest, ApplyWithoutWhatThePolicyAskedForIsRefused) {
  model::Plan plan = engine_.PlanFor({"2024-01-01"}, model::Mode::kAdd);
  plan.review.approvals = 1;
  auto strict = CreateCase(fs_, "/cases/strict", plan);
  ASSERT_TRUE(strict);
  {
    auto journal = journal::Journal::Open(fs_, clock_, "/cases/strict", strict->digest);
    ASSERT_TRUE((*journal)->Append({"apply", journal::Kind::kIntent, {{"who", "ann"}}}));
  }
  auto audit = AuditCase(fs_, "/cases/strict", {}, rules_);
  ASSERT_TRUE(audit) << audit.error().Message();
  ASSERT_EQ(audit->problems.size(), 1U);
  EXPECT_EQ(audit->problems[0].code, Code::kRefused);
  EXPECT_THAT(audit->problems[0].what, HasSubstr("line 1: apply began without"));
}

TEST_F(AuditTest, ApplyAfterUndoIsFound) {
  {
    auto journal = journal::Journal::Open(fs_, clock_, "/cases/one", incident_.digest);
    for (const char* step : {"undo", "apply"}) {
      ASSERT_TRUE((*journal)->Append({step, journal::Kind::kIntent, {}}));
      ASSERT_TRUE((*journal)->Append({step, journal::Kind::kOutcome, {{"result", "done"}}}));
    }
  }
  EXPECT_THAT(FirstProblem(), HasSubstr("applied after it had been undone"));
}

TEST_F(AuditTest, EditedProofIsFound) {
  std::string proof = Bytes(kProof);
  proof.replace(proof.find("\"planned_rows\":3"), 16, "\"planned_rows\":4");
  fs_.Put(kProof, proof);
  EXPECT_THAT(FirstProblem(), HasSubstr("not the one that the journal knows"));
  static_cast<void>(fs_.Remove(kProof));
  EXPECT_THAT(FirstProblem(), HasSubstr("there is none"));
}

TEST_F(AuditTest, ProofThatContradictsItselfIsFoundThoughTheJournalKnowsIt) {
  auto stored = LoadProof(fs_, incident_);
  model::Proof proof = (*stored)->proof;
  proof.partitions[0].restored.rows += 1;
  auto digest = StoreProof(fs_, incident_, proof);
  {
    auto journal = journal::Journal::Open(fs_, clock_, "/cases/one", incident_.digest);
    ASSERT_TRUE((*journal)->Append({"verify", journal::Kind::kIntent, {{"who", "eve"}}}));
    ASSERT_TRUE((*journal)->Append({"verify",
                                    journal::Kind::kOutcome,
                                    {{"result", "done"},
                                     {"version", proof.version},
                                     {"proven", true},
                                     {"partitions", 2},
                                     {"proof", *digest}}}));
  }
  EXPECT_THAT(FirstProblem(), HasSubstr("two sides differ"));
}

TEST_F(AuditTest, LinksPipesAndHugeFilesAreNotOpened) {
  const std::string journal = Bytes(kJournal);
  fs_.Put("/elsewhere", journal);
  static_cast<void>(fs_.Remove(kJournal));
  fs_.PutSymlink(kJournal, "/elsewhere");
  EXPECT_THAT(FirstProblem(), HasSubstr("must be a plain file"));
  static_cast<void>(fs_.Remove(kJournal));
  fs_.PutPipe(kJournal);
  EXPECT_THAT(FirstProblem(), HasSubstr("must be a plain file"));
  static_cast<void>(fs_.Remove(kJournal));
  fs_.Put(kJournal, std::string((size_t{64} << 20U) + 1, 'x'));
  EXPECT_THAT(FirstProblem(), HasSubstr("larger than 64.0 MiB"));
  fs_.Put(kJournal, journal);
  static_cast<void>(fs_.Remove("/cases/one/plan.json"));
  fs_.PutPipe("/cases/one/plan.json");
  auto audit = AuditCase(fs_, "/cases/one", {}, rules_);
  ASSERT_FALSE(audit);
  EXPECT_EQ(audit.error().code, Code::kCorrupt);
}

TEST_F(AuditTest, HostileLinesAreFoundAndNeverBelieved) {
  for (const std::string& line :
       {std::string(1'000'000, '['), std::string("\xff\xfe"), std::string("null"),
        std::string(R"({"at":7,"data":[],"hash":{},"kind":1,"n":"1","prev":null,"step":{}})"),
        std::string("\0\0", 2), std::string()}) {
    fs_.Put(kJournal, line + "\n");
    EXPECT_THAT(FirstProblem(), HasSubstr("line 1 was altered"));
  }
}

}  // namespace
}  // namespace salvor::recovery
