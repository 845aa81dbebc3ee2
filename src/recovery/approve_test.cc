// Approvals from the signature to the refusal, with real keys on a fake disk.
#include "recovery/approve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "base/digest.h"
#include "custody/keys_test.h"
#include "model/words_test.h"
#include "recovery/audit.h"
#include "recovery/persist.h"
#include "recovery/step.h"
#include "testing/fake_engine.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using model::Decision;
using model::Verb;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ApproveTest : public ::testing::Test {
 protected:
  ApproveTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 01777);
    keys_.Make("bob");
    keys_.Make("carol");
    allowed_ = "bob@x " + keys_.Public("bob") + "\ncarol@x " + keys_.Public("carol") + "\n";
    Trust(allowed_);
    plan_.table = {"/lake/t", "t", "id", "delta"};
    plan_.review = by_.rules.today;
    plan_.author = model::Identity{model::IdentityKind::kOsUser, "ann"};
    incident_ = *CreateCase(fs_, "/cases/one", plan_);
  }

  void Trust(const std::string& allowed) {
    by_.processes = &keys_.Processes();
    by_.identity = {model::IdentityKind::kOsUser, "olga"};
    custody::Rules& rules = by_.rules;
    rules.shared = false;
    rules.signers.allowed = allowed;
    rules.signers_path = "/allowed_signers";
    rules.today.approvals = 1;
    rules.today.distinct = {"approver", "author"};
    rules.today.signers.clear();
    rules.today.people = {{"Bob", {"bob@x"}, {}, {}},
                          {"Carol", {"carol@x"}, {}, {}},
                          {"Mallory", {"mallory@x"}, {}, {"mallory"}},
                          {"Olga", {}, {}, {"olga"}}};
    for (const auto& line : custody::SignerLines(allowed)) {
      rules.today.signers.push_back(Sha256Hex(line));
    }
    std::sort(rules.today.signers.begin(), rules.today.signers.end());
  }
  AuditRules AuditRulesNow() {
    AuditRules rules{by_.rules.signers, by_.rules.signers_path, by_.processes, clock_.Now(),
                     model::TestWordsFor};
    rules.shared = [](const model::TableIdentity& /*table*/) { return false; };
    return rules;
  }
  Result<Approved> Sign(const std::string& who, Decision decision = Decision::kApprove) {
    ApproveRequest request;
    request.decision = decision;
    request.reason = decision == Decision::kReject ? "no" : "";
    request.verbs = {Verb::kUndo, Verb::kApply};
    request.key = {who + "@x", keys_.Path(who)};
    request.expires = expires_;
    return Approve(fs_, clock_, incident_, by_, request, staging_.get());
  }
  // "" where apply may go on.
  std::string Obstacle(Verb verb = Verb::kApply) {
    auto step = Step::Begin(fs_, clock_, incident_, "apply", by_);
    EXPECT_TRUE(step) << step.error().Message();
    const auto finding = CheckReview(fs_, clock_, incident_, *step, verb, by_, *staging_);
    if (finding) return "";
    EXPECT_EQ(finding.error().code, Code::kRefused) << finding.error().Message();
    return finding.error().what;
  }
  // As allowed_signers has it: 20260102.
  static std::string Day(Instant at) {
    std::string day = FormatInstant(at).substr(0, 10);
    day.erase(std::remove(day.begin(), day.end(), '-'), day.end());
    return day;
  }
  void Journal(const std::string& step_name) {
    auto step = Step::Begin(fs_, clock_, incident_, step_name, by_);
    ASSERT_TRUE(step);
    ASSERT_TRUE(step->Note({{"text", "something"}}));
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  custody::Keys keys_;
  std::string allowed_;
  model::Plan plan_;
  Actor by_;
  Case incident_;
  std::optional<Instant> expires_;
  salvor::testing::FakeEngine engine_;
  std::unique_ptr<warehouse::StagingStore> staging_ = engine_.Staging();
};

TEST_F(ApproveTest, SignedApprovalOpensTheWayForWhatItCovers) {
  EXPECT_THAT(Obstacle(), HasSubstr("none does"));
  Journal("persist");
  const auto approved = Sign("bob");
  ASSERT_TRUE(approved) << approved.error().Message();
  EXPECT_EQ(Obstacle(), "");
  EXPECT_EQ(Obstacle(Verb::kUndo), "");
  EXPECT_THAT(Obstacle(Verb::kAbandon), HasSubstr("does not cover abandon"));
  const auto bytes = fs_.ReadFile("/cases/one/approvals/" + approved->digest + ".json", 1 << 16);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(Sha256Hex(*bytes), approved->digest);
  EXPECT_EQ(approved->statement.anchor.line, 1);
}

// Whoever made the plan, edited the author's name in it, dropped the journal and holds a key of
// their own is the operator, too.
TEST_F(ApproveTest, AuthorWhoIsOnlyNamedIsNobodyElse) {
  keys_.Make("mallory");
  Trust(allowed_ + "mallory@x " + keys_.Public("mallory") + "\n");
  by_.identity.name = "mallory";
  plan_.review = by_.rules.today;
  plan_.author = model::Identity{model::IdentityKind::kOsUser, "olga"};
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  ASSERT_TRUE(Sign("mallory"));
  EXPECT_THAT(Obstacle(), HasSubstr("nobody has proven who made the plan"));
  by_.rules.today.people.clear();
  EXPECT_THAT(Obstacle(), HasSubstr("does not tell the approver (mallory@x) and the operator"));
  // Nor if the plan itself says that they are two.
  plan_.review.people = {
      {"Bob", {"bob@x"}, {}, {}}, {"Eve", {}, {}, {"mallory"}}, {"Mallory", {"mallory@x"}, {}, {}}};
  incident_ = *CreateCase(fs_, "/cases/three", plan_);
  Trust(allowed_ + "mallory@x " + keys_.Public("mallory") + "\n");
  by_.identity.name = "mallory";
  EXPECT_THAT(Obstacle(), HasSubstr("none does"));
  ASSERT_TRUE(Sign("mallory")) << "by what the plan says of people they are two";
  EXPECT_THAT(Obstacle(), HasSubstr("nobody has proven who made the plan"));
  ASSERT_TRUE(Sign("bob"));
  EXPECT_EQ(Obstacle(), "");
}

TEST_F(ApproveTest, AuthorWhoSignedThePlanIsSomebodyElseThanItsApprover) {
  plan_.review.people.clear();
  by_.rules.today.people.clear();
  Case made{"/cases/two", plan_, model::PlanDigest(model::FormatPlan(plan_))};
  const auto word = SignAsAuthor(made, by_, clock_.Now(), {"carol@x", keys_.Path("carol")});
  ASSERT_TRUE(word) << word.error().Message();
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  EXPECT_THAT(AuthorRuleOf(fs_, incident_, by_, clock_.Now()), HasSubstr("nobody has proven"));
  {
    auto step = Step::Begin(fs_, clock_, incident_, "plan", by_);
    ASSERT_TRUE(step);
    ASSERT_TRUE(KeepStatement(fs_, incident_, *step, *word));
  }
  EXPECT_THAT(AuthorRuleOf(fs_, incident_, by_, clock_.Now()),
              AllOf(HasSubstr("carol@x (SHA256:"), HasSubstr("signed the plan")));
  const auto own = Sign("carol");
  ASSERT_FALSE(own);
  EXPECT_THAT(own.error().what, HasSubstr("one person"));
  ASSERT_TRUE(Sign("bob"));
  EXPECT_EQ(Obstacle(), "") << "nobody need know who the operator is";
  const AuditRules rules = AuditRulesNow();
  const auto audit = AuditCase(fs_, "/cases/two", {}, rules);
  ASSERT_TRUE(audit) << audit.error().Message();
  EXPECT_THAT(audit->author_rule,
              AllOf(HasSubstr("carol@x (SHA256:"), HasSubstr("signed the plan")));
  AuditRules nothing_known = rules;
  nothing_known.signers = {};
  nothing_known.signers_path.clear();
  const auto elsewhere = AuditCase(fs_, "/cases/two", {}, nothing_known);
  ASSERT_TRUE(elsewhere);
  EXPECT_THAT(elsewhere->author_rule, HasSubstr("cannot be checked here"));
  ASSERT_TRUE(fs_.Remove("/cases/two/approvals/" + word->file.digest + ".json"));
  EXPECT_THAT(Obstacle(), HasSubstr("nobody has proven"));
  const auto gone = AuditCase(fs_, "/cases/two", {}, rules);
  ASSERT_TRUE(gone);
  EXPECT_THAT(gone->author_rule, HasSubstr("nobody has proven"));
  ASSERT_FALSE(gone->problems.empty());
  EXPECT_THAT(gone->problems.front().what, HasSubstr("whose file is gone"));
}

TEST_F(ApproveTest, AuthorsSignatureThatWouldNotCountIsNone) {
  keys_.Make("mallory");
  const auto word =
      SignAsAuthor(incident_, by_, clock_.Now(), {"mallory@x", keys_.Path("mallory")});
  ASSERT_FALSE(word);
  EXPECT_EQ(word.error().code, Code::kRefused);
}

TEST_F(ApproveTest, StepThatWritesSaysWhichRuleHeldForTheAuthor) {
  ASSERT_TRUE(Sign("bob"));
  auto step = Step::Begin(fs_, clock_, incident_, "apply", by_);
  ASSERT_TRUE(step);
  const auto finding = CheckReview(fs_, clock_, incident_, *step, Verb::kApply, by_, *staging_);
  ASSERT_TRUE(finding) << finding.error().Message();
  nlohmann::json intent;
  AddReview(*finding, by_, intent);
  EXPECT_THAT(intent["author"].get<std::string>(), HasSubstr("nobody has proven"));
}

TEST_F(ApproveTest, RejectionEndsWhenItSays) {
  expires_ = clock_.Now() + Millis(60'000);
  ASSERT_TRUE(Sign("carol", Decision::kReject));
  expires_.reset();
  ASSERT_TRUE(Sign("bob"));
  EXPECT_THAT(Obstacle(), HasSubstr("carol@x rejected"));
  clock_.Sleep(Millis(60'000));
  EXPECT_EQ(Obstacle(), "");
}

TEST_F(ApproveTest, WhoeverRejectedItCanTakeThatBackAndNobodyElse) {
  ASSERT_TRUE(Sign("bob"));
  const auto nothing = Sign("carol", Decision::kWithdraw);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Code::kRefused);
  ASSERT_TRUE(Sign("carol", Decision::kReject));
  EXPECT_THAT(Obstacle(), HasSubstr("apply is rejected: carol@x rejected"));
  clock_.Sleep(Millis(1000));
  EXPECT_FALSE(Sign("bob", Decision::kWithdraw));
  ASSERT_TRUE(Sign("carol", Decision::kWithdraw));
  EXPECT_EQ(Obstacle(), "") << "what bob approved counts again";
}

TEST_F(ApproveTest, OlderFolderOfTheCaseDoesNotApplyWhatWasRejected) {
  engine_.Scene().staging[incident_.digest] = {};
  ASSERT_TRUE(Sign("bob"));
  const auto older = fs_.Everything();
  const auto rejected = Sign("carol", Decision::kReject);
  ASSERT_TRUE(rejected) << rejected.error().Message();
  EXPECT_EQ(rejected->unmarked, "");
  fs_.Put("/cases/one/journal.jsonl", older.at("/cases/one/journal.jsonl"));
  ASSERT_TRUE(fs_.Remove(rejected->path));
  for (const Verb verb : {Verb::kApply, Verb::kUndo}) {
    EXPECT_THAT(Obstacle(verb), HasSubstr("the private copy keeps a rejection of this plan"));
    EXPECT_THAT(Obstacle(verb), HasSubstr(rejected->digest));
  }
  engine_.Scene().rejections.clear();
  EXPECT_EQ(Obstacle(), "");
}

TEST_F(ApproveTest, MarkedRejectionWithItsFileCountsAsAnyOther) {
  engine_.Scene().staging[incident_.digest] = {};
  ASSERT_TRUE(Sign("bob", Decision::kReject));
  clock_.Sleep(Millis(1000));
  ASSERT_TRUE(Sign("bob"));
  EXPECT_EQ(Obstacle(), "") << "taken back by the same person";
}

TEST_F(ApproveTest, RejectionBeforeThereIsACopySaysSoAndPersistMarksIt) {
  incident_ = *CreateCase(fs_, "/cases/two", engine_.PlanFor({}));
  by_.rules.today.approvals = 0;
  const auto rejected = Sign("bob", Decision::kReject);
  ASSERT_TRUE(rejected) << rejected.error().Message();
  EXPECT_THAT(rejected->unmarked, HasSubstr("no private copy yet"));
  ASSERT_TRUE(Persist(fs_, clock_, incident_, by_, *staging_));
  EXPECT_TRUE(engine_.Scene().rejections[incident_.digest].contains(rejected->digest));
}

TEST_F(ApproveTest, RejectionByWhoCannotReachThePrivateCopyCountsAndSaysSo) {
  staging_.reset();
  const auto rejected = Sign("carol", Decision::kReject);
  ASSERT_TRUE(rejected) << rejected.error().Message();
  EXPECT_THAT(rejected->unmarked, HasSubstr("cannot be reached"));
  staging_ = engine_.Staging();
  EXPECT_THAT(Obstacle(), HasSubstr("carol@x rejected"));
}

TEST_F(ApproveTest, CaseThatEverybodyMayChangeDecidesNothing) {
  ASSERT_TRUE(Sign("bob"));
  Journal("persist");
  for (const char* path : {"/cases", "/cases/one", "/cases/one/plan.json",
                           "/cases/one/journal.jsonl", "/cases/one/approvals"}) {
    const uint32_t mode = fs_.Stat(path).value()->mode;
    fs_.SetMode(path, path == std::string("/cases/one") ? 01777 : 0777);
    const auto step = Step::Begin(fs_, clock_, incident_, "apply", by_);
    ASSERT_FALSE(step) << path;
    EXPECT_EQ(step.error().code, Code::kRefused);
    EXPECT_EQ(step.error().where, path);
    const AuditRules rules = AuditRulesNow();
    const auto audit = AuditCase(fs_, "/cases/one", {}, rules);
    ASSERT_TRUE(audit) << audit.error().Message();
    ASSERT_FALSE(audit->problems.empty()) << path;
    EXPECT_THAT(audit->problems.front().what, HasSubstr("everybody may write"));
    fs_.SetMode(path, mode);
  }
  EXPECT_EQ(Obstacle(), "");
}

TEST_F(ApproveTest, WhatAKilledRunLeftAmongTheCasesFilesIsTakenAwayAndNothingElse) {
  const std::string own = io::TemporaryPrefixOf(incident_.digest) + "1-0";
  const std::string others = io::TemporaryPrefixOf("else") + "1-0";
  for (const std::string& name : {own, others}) {
    fs_.Put("/cases/one/" + name, "torn");
    fs_.Put("/cases/one/approvals/" + name, "torn");
  }
  Journal("persist");
  for (const char* folder : {"/cases/one/", "/cases/one/approvals/"}) {
    EXPECT_FALSE(*fs_.Lstat(folder + own));
    EXPECT_TRUE(*fs_.Lstat(folder + others));
  }
}

TEST_F(ApproveTest, ApprovalEndsWithThePrivateCopy) {
  ASSERT_TRUE(Sign("bob"));
  clock_.Sleep(kApprovalLife - Millis(1000));
  EXPECT_EQ(Obstacle(), "");
  clock_.Sleep(Millis(1000));
  EXPECT_THAT(Obstacle(), HasSubstr("expired"));
}

// An audit asks whether the key was good when it signed, a write whether it is good now.
TEST_F(ApproveTest, KeyThatEndedSinceCountsForAnAuditAndForNoWrite) {
  Trust("bob@x valid-before=\"" + Day(clock_.Now() + Millis(std::chrono::hours(48))) + "\" " +
        keys_.Public("bob") + "\n");
  plan_.review = by_.rules.today;
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  const auto approved = Sign("bob");
  ASSERT_TRUE(approved) << approved.error().Message();
  EXPECT_EQ(Obstacle(), "");
  {
    auto step = Step::Begin(fs_, clock_, incident_, "apply", by_);
    ASSERT_TRUE(step && step->Intend({{"operation", "x"}}));
  }
  clock_.Sleep(std::chrono::hours(72));
  EXPECT_THAT(Obstacle(), HasSubstr("does not count"));
  const AuditRules rules = AuditRulesNow();
  const auto audit = AuditCase(fs_, "/cases/two", {}, rules);
  ASSERT_TRUE(audit) << audit.error().Message();
  EXPECT_EQ(audit->approvals.front().problem, "");
  EXPECT_TRUE(audit->problems.empty()) << audit->problems.front().what;
}

TEST_F(ApproveTest, WithdrawalCountsAsLongAsItsKeyDoes) {
  Trust("bob@x " + keys_.Public("bob") + "\ncarol@x valid-before=\"" +
        Day(clock_.Now() + Millis(std::chrono::hours(48))) + "\" " + keys_.Public("carol") + "\n");
  plan_.review = by_.rules.today;
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  ASSERT_TRUE(Sign("bob"));
  ASSERT_TRUE(Sign("carol", Decision::kReject));
  clock_.Sleep(Millis(1000));
  ASSERT_TRUE(Sign("carol", Decision::kWithdraw));
  EXPECT_EQ(Obstacle(), "");
  clock_.Sleep(std::chrono::hours(72));
  EXPECT_THAT(Obstacle(), HasSubstr("carol@x rejected the plan"));
}

TEST_F(ApproveTest, ClockThatWasSetBackRevivesNoApproval) {
  ASSERT_TRUE(Sign("bob"));
  const Instant before = clock_.Now();
  clock_.Sleep(kApprovalLife);
  Journal("verify");
  clock_.Set(before);
  EXPECT_THAT(Obstacle(), HasSubstr("expired"));
  EXPECT_THAT(Obstacle(), HasSubstr("the later one counted"));
}

TEST_F(ApproveTest, PlanThatKnewNoSignersIsApprovedByNobody) {
  plan_.review.signers.clear();
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  const auto approved = Sign("bob");
  ASSERT_FALSE(approved);
  EXPECT_THAT(approved.error().what, HasSubstr("was not in allowed_signers"));
  by_.rules.allow_other_signers = true;
  EXPECT_TRUE(Sign("bob"));
}

TEST_F(ApproveTest, SignatureThatWouldNotCountIsNotKept) {
  keys_.Make("mallory");
  EXPECT_FALSE(Sign("mallory"));
  by_.rules.today.people = {{"Ann", {"bob@x"}, {}, {"ann"}}};
  const auto own = Sign("bob");
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code, Code::kRefused);
  EXPECT_THAT(own.error().what, HasSubstr("one person"));
  EXPECT_FALSE(*fs_.Stat("/cases/one/approvals"));
}

TEST_F(ApproveTest, RejectionBlocksAndTurningItIntoAnApprovalBreaksTheSignature) {
  const auto rejected = Sign("bob", Decision::kReject);
  ASSERT_TRUE(rejected) << rejected.error().Message();
  ASSERT_TRUE(Sign("carol"));
  EXPECT_THAT(Obstacle(), HasSubstr("bob@x rejected"));
  model::Statement turned = rejected->statement;
  turned.decision = Decision::kApprove;
  const std::string signature =
      *fs_.ReadFile("/cases/one/approvals/" + rejected->digest + ".json.sig", 1 << 16);
  ASSERT_TRUE(fs_.Remove(rejected->path));
  ASSERT_TRUE(custody::StoreApproval(fs_, "/cases/one", model::FormatStatement(turned), signature));
  EXPECT_THAT(Obstacle(), HasSubstr("file is gone"));
}

TEST_F(ApproveTest, ApprovalOfAnotherCaseOrAnotherPlanDoesNotCount) {
  const auto approved = Sign("bob");
  ASSERT_TRUE(approved);
  const std::string bytes = model::FormatStatement(approved->statement);
  const std::string signature = *fs_.ReadFile(approved->path + ".sig", 1 << 16);
  plan_.warnings = {"another"};
  incident_ = *CreateCase(fs_, "/cases/two", plan_);
  ASSERT_TRUE(custody::StoreApproval(fs_, "/cases/two", bytes, signature));
  EXPECT_THAT(Obstacle(), HasSubstr("about another plan"));
}

TEST_F(ApproveTest, ApprovalFromTheFutureDoesNotCount) {
  const Instant now = clock_.Now();
  clock_.Sleep(std::chrono::hours(1));
  const auto approved = Sign("bob");
  ASSERT_TRUE(approved) << approved.error().Message();
  EXPECT_EQ(Obstacle(), "");
  clock_.Set(now);
  ASSERT_TRUE(fs_.Remove("/cases/one/journal.jsonl"));
  EXPECT_THAT(Obstacle(), HasSubstr("signed in the future"));
}

TEST_F(ApproveTest, StatementUnderAnotherNameIsNamedAsChanged) {
  const auto approved = Sign("bob");
  ASSERT_TRUE(approved) << approved.error().Message();
  const std::string other = "/cases/one/approvals/" + Sha256Hex("other") + ".json";
  fs_.Put(other, *fs_.ReadFile(approved->path, 1 << 16));
  fs_.Put(other + ".sig", *fs_.ReadFile(approved->path + ".sig", 1 << 16));
  ASSERT_TRUE(fs_.Remove(approved->path));
  EXPECT_THAT(Obstacle(), HasSubstr("not the SHA-256 of its bytes"));
}

TEST_F(ApproveTest, OtherConfigurationsSignersDoNotCountUnlessThatIsSaid) {
  keys_.Make("mallory");
  Trust("mallory@x " + keys_.Public("mallory") + "\n");
  const auto refused = Sign("mallory");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("when the plan was made"));
  by_.rules.allow_other_signers = true;
  ASSERT_TRUE(Sign("mallory"));
  EXPECT_EQ(Obstacle(), "");
  by_.rules.allow_other_signers = false;
  EXPECT_THAT(Obstacle(), HasSubstr("--allow-other-signers"));
}

TEST_F(ApproveTest, JournalThatIsNotTheOneThatWasSignedForDoesNotCarryTheApproval) {
  Journal("persist");
  ASSERT_TRUE(Sign("bob"));
  EXPECT_EQ(Obstacle(), "");
  ASSERT_TRUE(fs_.Remove("/cases/one/journal.jsonl"));
  EXPECT_THAT(Obstacle(), HasSubstr("signed for a journal"));
  clock_.Sleep(Millis(5000));
  Journal("persist");
  EXPECT_THAT(Obstacle(), HasSubstr("signed for a journal"));
}

TEST_F(ApproveTest, RevokedAndExpiredKeysStopCountingAfterwardsToo) {
  ASSERT_TRUE(Sign("bob"));
  by_.rules.signers.revoked = keys_.Public("bob") + "\n";
  EXPECT_THAT(Obstacle(), HasSubstr("revoked"));
  by_.rules.signers.revoked.reset();
  EXPECT_EQ(Obstacle(), "");
  by_.rules.signers.allowed = "bob@x valid-before=\"20200101\" " + keys_.Public("bob");
  EXPECT_NE(Obstacle(), "");
}

TEST_F(ApproveTest, WhatElseLiesInApprovalsIsNotFollowedAndNamed) {
  fs_.PutFolder("/cases/one/approvals");
  fs_.PutSymlink("/cases/one/approvals/" + Sha256Hex("x") + ".json", "/etc/passwd");
  fs_.PutPipe("/cases/one/approvals/" + Sha256Hex("y") + ".json");
  fs_.Put("/cases/one/approvals/" + Sha256Hex("z") + ".json", std::string(100'000, 'z'));
  fs_.Put("/cases/one/approvals/README", "hello");
  fs_.Put("/cases/one/approvals/" + Sha256Hex("{}") + ".json", "{}");
  const std::string obstacle = Obstacle();
  for (const char* said :
       {"symbolic link", "no file", "too large", "neither a statement", "no field"}) {
    EXPECT_THAT(obstacle, HasSubstr(said));
  }
}

TEST_F(ApproveTest, ApprovalsFolderThatIsALinkIsRefused) {
  fs_.PutFolder("/elsewhere");
  fs_.PutSymlink("/cases/one/approvals", "/elsewhere");
  EXPECT_THAT(Obstacle(), HasSubstr("no link"));
  EXPECT_FALSE(Sign("bob"));
}

}  // namespace
}  // namespace salvor::recovery
