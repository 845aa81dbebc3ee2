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
#include "recovery/step.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::recovery {
namespace {

using model::Decision;
using model::Verb;
using ::testing::HasSubstr;

class ApproveTest : public ::testing::Test {
 protected:
  ApproveTest() : fs_(clock_) {
    fs_.PutFolder("/cases", 0777);
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
    rules.signers.allowed = allowed;
    rules.signers_path = "/allowed_signers";
    rules.today.approvals = 1;
    rules.today.distinct = {"approver", "author"};
    rules.today.signers.clear();
    for (const auto& line : custody::SignerLines(allowed)) {
      rules.today.signers.push_back(Sha256Hex(line));
    }
    std::sort(rules.today.signers.begin(), rules.today.signers.end());
  }
  Result<Approved> Sign(const std::string& who, Decision decision = Decision::kApprove) {
    ApproveRequest request;
    request.decision = decision;
    request.reason = decision == Decision::kReject ? "no" : "";
    request.verbs = {Verb::kUndo, Verb::kApply};
    request.who = who + "@x";
    request.key_file = keys_.Path(who);
    return Approve(fs_, clock_, incident_, by_, request);
  }
  // "" where apply may go on.
  std::string Obstacle(Verb verb = Verb::kApply) {
    auto step = Step::Begin(fs_, clock_, incident_, "apply", by_);
    EXPECT_TRUE(step) << step.error().Message();
    const auto finding = CheckReview(fs_, clock_, incident_, *step, verb, by_);
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
  Operator by_;
  Case incident_;
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
  const AuditRules rules{by_.rules.signers, by_.rules.signers_path, by_.processes, clock_.Now(),
                         model::TestWordsFor};
  const auto audit = AuditCase(fs_, "/cases/two", {}, rules);
  ASSERT_TRUE(audit) << audit.error().Message();
  EXPECT_EQ(audit->approvals.front().problem, "");
  EXPECT_TRUE(audit->problems.empty()) << audit->problems.front().what;
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
