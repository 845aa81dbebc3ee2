#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "custody/review.h"

namespace salvor::custody {
namespace {

using model::Decision;
using model::Identity;
using model::IdentityKind;
using model::Verb;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() {
    rules_.shared = false;
    plan_.table.uri = "/lake/t";
    plan_.review.approvals = 1;
    plan_.review.distinct = {"approver", "author"};
    plan_.author = Identity{IdentityKind::kOsUser, "ann"};
    rules_.signers_path = "/allowed";
    rules_.today = plan_.review;
  }

  VerifiedStatement& Say(Decision decision, const std::string& who, const std::string& key) {
    VerifiedStatement judged;
    judged.file.digest = Sha256Hex(who + key + std::to_string(judged_.size()));
    judged.file.path = "approvals/" + who;
    model::Statement statement;
    statement.decision = decision;
    statement.verbs = {Verb::kAbandon, Verb::kApply, Verb::kUndo};
    statement.who = who;
    statement.signed_at = now_ - Millis(1000 - static_cast<int64_t>(judged_.size()));
    if (decision == Decision::kApprove) statement.expires = now_ + Millis(1000);
    judged.file.statement = statement;
    judged.signer = {"SHA256:" + key, {who}};
    judged_.push_back(judged);
    return judged_.back();
  }
  VerifiedStatement& Approve(const std::string& who, const std::string& key) {
    return Say(Decision::kApprove, who, key);
  }
  Finding Weighed(Verb verb = Verb::kApply) {
    return EvaluatePolicy(plan_, rules_, history_, judged_, verb, who_, now_);
  }
  // Who made the plan is proven, and the rule for where it is not has nothing to say.
  void ProveAuthor(const std::string& who = "author@x", const std::string& key = "AUTHOR") {
    Say(Decision::kMade, who, key).file.statement->verbs.clear();
  }
  std::string Missing(Verb verb = Verb::kApply) {
    std::string all;
    for (const std::string& one : Weighed(verb).missing) all += one + "\n";
    return all;
  }
  void Know(const std::string& name, std::vector<std::string> principals,
            std::vector<std::string> users = {}) {
    rules_.today.people.push_back({name, std::move(principals), {}, std::move(users)});
    plan_.review.people.push_back(rules_.today.people.back());
  }
  // Only salvor.yaml as it is today says so.
  void KnowToday(const std::string& name, std::vector<std::string> principals) {
    rules_.today.people.push_back({name, std::move(principals), {}, {}});
  }

  Instant now_ = *ParseInstant("2026-11-22T19:00:00Z");
  model::Plan plan_;
  Rules rules_;
  History history_;
  std::vector<VerifiedStatement> judged_;
  // Nobody in particular, unless a test says otherwise.
  std::optional<Identity> who_;
  const Identity olga_{IdentityKind::kOsUser, "olga"};
};

TEST_F(PolicyTest, PlanThatAsksForNoneNeedsNone) {
  plan_.review = rules_.today = {};
  EXPECT_THAT(Weighed().missing, IsEmpty());
  EXPECT_THAT(Weighed().text, HasSubstr("no review asked for"));
  plan_.review.waived = true;
  EXPECT_TRUE(Weighed().waived);
  EXPECT_THAT(Weighed().text, HasSubstr("TURNED OFF"));
}

TEST_F(PolicyTest, NoneIsMissingAndOneIsEnough) {
  EXPECT_THAT(Missing(), HasSubstr("1 approval must cover apply, and none does"));
  const std::string digest = Approve("bob@x", "B").file.digest;
  EXPECT_THAT(Weighed().missing, IsEmpty());
  EXPECT_THAT(Weighed().approvals, ElementsAre(digest));
  EXPECT_THAT(Weighed().text, HasSubstr("bob@x (SHA256:B)"));
}

TEST_F(PolicyTest, StatementWithAProblemCountsForNothingAndIsNamed) {
  Approve("bob@x", "B").file.problem = "its key was revoked";
  EXPECT_THAT(Missing(), HasSubstr("approvals/bob@x: its key was revoked"));
}

TEST_F(PolicyTest, ApprovalEndsAndCoversWhatItSays) {
  Approve("bob@x", "B").file.statement->expires = now_;
  EXPECT_THAT(Missing(), HasSubstr("expired"));
  judged_[0].file.statement->expires = now_ + Millis(1);
  EXPECT_EQ(Missing(), "");
  judged_[0].file.statement->verbs = {Verb::kApply};
  EXPECT_EQ(Missing(), "");
  EXPECT_THAT(Missing(Verb::kUndo), HasSubstr("does not cover undo"));
  EXPECT_THAT(Missing(Verb::kAbandon), HasSubstr("does not cover abandon"));
}

TEST_F(PolicyTest, RejectionBlocksWhatItNamesUntilTheSamePersonApproves) {
  Approve("bob@x", "B");
  VerifiedStatement& no = Say(Decision::kReject, "carol@x", "C");
  no.file.statement->reason = "lawful deletion";
  EXPECT_THAT(Missing(), HasSubstr("carol@x rejected the plan"));
  EXPECT_THAT(Missing(), HasSubstr("lawful deletion"));
  no.file.statement->verbs = {Verb::kUndo};
  EXPECT_EQ(Missing(), "");
  EXPECT_NE(Missing(Verb::kUndo), "");
  Approve("dave@x", "D");
  EXPECT_NE(Missing(Verb::kUndo), "");
  Approve("carol@x", "C");
  EXPECT_EQ(Missing(Verb::kUndo), "");
}

TEST_F(PolicyTest, ApprovalBeforeARejectionDoesNotLiftIt) {
  Approve("bob@x", "B");
  Say(Decision::kReject, "bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("rejected"));
}

TEST_F(PolicyTest, RejectionIsLiftedByTheSameKeyOnly) {
  Say(Decision::kReject, "bob@x", "B");
  Approve("bob@x", "another");
  EXPECT_THAT(Missing(), HasSubstr("bob@x rejected the plan"));
  Approve("bob@x", "B");
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, WithdrawalLiftsTheSamePersonsRejectionAndApprovesNothing) {
  Say(Decision::kReject, "bob@x", "B");
  Say(Decision::kWithdraw, "carol@x", "C");
  EXPECT_THAT(Missing(), HasSubstr("bob@x rejected the plan")) << "it was another's";
  Say(Decision::kWithdraw, "bob@x", "another");
  EXPECT_THAT(Missing(), HasSubstr("bob@x rejected the plan")) << "it was another key";
  Say(Decision::kWithdraw, "bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("none does"));
  EXPECT_THAT(Missing(), Not(HasSubstr("rejected")));
  Say(Decision::kReject, "bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("bob@x rejected the plan")) << "and again";
}

TEST_F(PolicyTest, RejectionBlocksEvenWherePlanAsksForNoApproval) {
  plan_.review = rules_.today = {};
  Say(Decision::kReject, "bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("rejected"));
}

TEST_F(PolicyTest, RejectionThatTheJournalKnowsCannotBeMadeToVanish) {
  Approve("bob@x", "B");
  VerifiedStatement no = Say(Decision::kReject, "carol@x", "C");
  judged_.pop_back();
  history_.rejections[no.file.digest] = "carol@x";
  EXPECT_THAT(Missing(), HasSubstr("file is gone"));
  no.file.problem = "the signature of carol@x does not count";
  judged_.push_back(no);
  EXPECT_THAT(Missing(), HasSubstr("can no longer be checked"));
  judged_.back().file.problem = "the key of carol@x was revoked";
  EXPECT_THAT(Missing(), HasSubstr("plan anew"));
}

TEST_F(PolicyTest, AuthorCannotApproveUnderAnotherName) {
  Know("Ann", {"ann@x"}, {"ann"});
  Approve("ann@x", "A");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, AuthorsKeyCannotApproveUnderAnotherPrincipal) {
  Know("Ann", {"ann@x"}, {"ann"});
  Know("Bob", {"bob@x"});
  Approve("bob@x", "A").signer.principals = {"ann@x", "bob@x"};
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, PlansKnowledgeOfPeopleCannotBeTakenAway) {
  plan_.review.people = {{"Ann", {"ann@x"}, {}, {"ann"}}};
  Know("Somebody else", {"ann@x"});
  Approve("ann@x", "A");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, WhoIsNotMappedPassesLocallyAsUnproven) {
  Approve("bob@x", "B");
  EXPECT_THAT(Weighed().unproven, ElementsAre(HasSubstr("may be one person")));
  Know("Ann", {}, {"ann"});
  Know("Bob", {"bob@x"});
  EXPECT_THAT(Weighed().unproven, IsEmpty());
}

TEST_F(PolicyTest, WhoIsNotMappedFailsWherePeopleShareTheTable) {
  rules_.shared = true;
  plan_.author = Identity{IdentityKind::kPrincipal, "ann@corp"};
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("review.people must have known both when the plan was made"));
  Know("Ann", {"ann@corp"});
  EXPECT_NE(Missing(), "");
  Know("Bob", {"bob@x"});
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, TodaysMapAloneTellsNobodyApart) {
  rules_.shared = true;
  plan_.author = Identity{IdentityKind::kPrincipal, "ann@corp"};
  KnowToday("Ann", {"ann@corp"});
  KnowToday("Bob", {"bob@x"});
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("may be one person"));
  rules_.allow_other_signers = true;
  EXPECT_EQ(Missing(), "");
  rules_.allow_other_signers = false;
  plan_.review.people = rules_.today.people;
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, TodaysMapAloneCanTellThatTwoAreOne) {
  Know("Ann", {}, {"ann"});
  Know("Bob", {"bob@x"});
  rules_.today.people = {{"Ann", {"bob@x"}, {}, {"ann"}}};
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, SystemsUserProvesNobodyWherePeopleShareTheTable) {
  rules_.shared = true;
  Know("Ann", {"ann@x"}, {"ann"});
  Know("Bob", {"bob@x"});
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("does not say who the author is"));
  plan_.author = Identity{IdentityKind::kPrincipal, "ann@x"};
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, SameAddressIsTheSamePersonWithoutAnyMap) {
  rules_.shared = true;
  plan_.author = Identity{IdentityKind::kPrincipal, "Ann@X"};
  Approve("ann@x", "A");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, TwoApprovalsNeedTwoPeopleAndTwoKeys) {
  plan_.review.approvals = 2;
  Approve("bob@x", "B");
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("only bob@x"));
  Approve("robert@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("different people and different keys"));
  Know("Bob", {"bob@x", "robert@x", "b.ob@y"});
  Approve("bob@x", "B2");
  EXPECT_NE(Missing(), "");
  Approve("b.ob@y", "B3");
  EXPECT_NE(Missing(), "");
  Approve("carol@x", "C");
  EXPECT_EQ(Missing(), "");
  EXPECT_EQ(Weighed().approvals.size(), 2U);
}

TEST_F(PolicyTest, OneWhoSharesNamesDoesNotHideTwoWhoDoNot) {
  plan_.review.approvals = 2;
  Approve("shared@x", "S").signer.principals = {"bob@x", "carol@x", "shared@x"};
  Approve("bob@x", "B");
  Approve("carol@x", "C");
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, GroupOfPlanAndOfTodayBothCount) {
  plan_.review.group = {"Bob", "carol@x"};
  rules_.today.group = {"Bob"};
  Know("Bob", {"bob@x"});
  Approve("carol@x", "C");
  EXPECT_THAT(Missing(), HasSubstr("not in review.group"));
  Approve("bob@x", "B");
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, TodaysMapAloneBringsNobodyIntoThePlansGroup) {
  Know("Bob", {"bob@x"});
  plan_.review.group = {"Bob"};
  rules_.today.people = {{"Bob", {"mallory@x"}, {}, {}}};
  Approve("mallory@x", "M");
  EXPECT_THAT(Missing(), HasSubstr("not in review.group"));
}

TEST_F(PolicyTest, OperatorIsKeptApartWhereThePolicySaysSo) {
  plan_.review.distinct = {"approver", "author", "operator"};
  Know("Ann", {"ann@x"}, {"ann"});
  Know("Bob", {"bob@x"}, {"bob"});
  Know("Olga", {}, {"olga"});
  Approve("bob@x", "B");
  who_ = olga_;
  EXPECT_THAT(Missing(),
              HasSubstr("nobody has proven who made the plan, so it may be the operator"));
  ProveAuthor("ann@x", "A");
  EXPECT_EQ(Missing(), "");
  who_->name = "bob";
  EXPECT_THAT(Missing(), HasSubstr("the approver (bob@x) and the operator (bob) are one person"));
  who_->name = "ann";
  EXPECT_THAT(Missing(), HasSubstr("the operator (ann) and the author (ann@x) are one person"));
}

TEST_F(PolicyTest, StricterOfPlanAndTodayCounts) {
  rules_.today = {};
  EXPECT_NE(Missing(), "");
  rules_.today.approvals = 2;
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("2 approvals"));
  plan_.review = {};
  EXPECT_THAT(Missing(), HasSubstr("2 approvals"));
  model::ReviewPolicy waived;
  waived.waived = true;
  EXPECT_EQ(Stricter(rules_.today, waived).approvals, 2);
  EXPECT_FALSE(Stricter(rules_.today, waived).waived);
}

TEST_F(PolicyTest, WithoutAnAllowedSignersFileNobodyCanApproveAndThatIsSaid) {
  rules_.signers_path.clear();
  EXPECT_THAT(Missing(), HasSubstr("review.allowed_signers"));
}

TEST_F(PolicyTest, UnknownAuthorIsUnproven) {
  plan_.author.reset();
  Approve("bob@x", "B");
  EXPECT_THAT(Weighed().unproven, ElementsAre(HasSubstr("nobody knows who the author is")));
  history_.author = Identity{IdentityKind::kOsUser, "ann"};
  KnowToday("Ann", {"bob@x"});
  rules_.today.people.back().os_users = {"ann"};
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, AuthorWhoIsNotProvenMayBeTheOperator) {
  who_ = olga_;
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("nobody has proven who made the plan"));
  EXPECT_THAT(Weighed().author_rule, HasSubstr("nobody has proven"));
  Know("Bob", {"bob@x"});
  EXPECT_NE(Missing(), "") << "who the operator is nobody knows";
  Know("Olga", {}, {"olga"});
  EXPECT_EQ(Missing(), "");
  who_->name = "bob";
  plan_.review.people[0].os_users = rules_.today.people[0].os_users = {"bob"};
  EXPECT_NE(Missing(), "");
}

TEST_F(PolicyTest, OperatorIsToldApartByThePlanAndByTodayAlike) {
  who_ = olga_;
  Approve("bob@x", "B");
  Know("Bob", {"bob@x"});
  Know("Olga", {}, {"olga"});
  EXPECT_EQ(Missing(), "");
  const auto plan = plan_.review.people;
  const auto today = rules_.today.people;
  plan_.review.people.clear();
  EXPECT_NE(Missing(), "") << "a plan that knows nobody";
  plan_.review.people = plan;
  rules_.today.people.clear();
  EXPECT_NE(Missing(), "") << "a plan that was written by whoever runs it";
  rules_.today.people = today;
  plan_.review.approvals = 0;
  plan_.review.people.clear();
  EXPECT_EQ(Missing(), "") << "a plan that was made under no policy";
}

TEST_F(PolicyTest, AuthorWhoSignedIsAnotherPersonThanTheApproverOfTheirKey) {
  who_ = olga_;
  ProveAuthor();
  Approve("bob@x", "B");
  EXPECT_EQ(Missing(), "");
  EXPECT_THAT(Weighed().author_rule, HasSubstr("author@x (SHA256:AUTHOR) signed the plan"));
  judged_.pop_back();
  Approve("author@x", "A2");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
  judged_.pop_back();
  Approve("bob@x", "AUTHOR");
  EXPECT_THAT(Missing(), HasSubstr("with one key"));
  judged_.pop_back();
  Know("Both", {"bob@x", "author@x"});
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, EveryAuthorWhoSignedIsAnotherPerson) {
  ProveAuthor("bob@x", "B");
  ProveAuthor("carol@x", "C");
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
  Approve("carol@x", "C");
  EXPECT_THAT(Missing(), HasSubstr("none does"));
}

TEST_F(PolicyTest, AuthorsSignatureThatDoesNotCountProvesNobody) {
  who_ = olga_;
  ProveAuthor();
  judged_.back().file.problem = "the key of author@x was revoked";
  Approve("bob@x", "B");
  EXPECT_THAT(Missing(), HasSubstr("nobody has proven"));
}

TEST_F(PolicyTest, AuthorsWordIsNoApproval) {
  ProveAuthor();
  EXPECT_THAT(Missing(), HasSubstr("none does"));
}

TEST_F(PolicyTest, WhoThePlanNamesAsItsAuthorDoesNotApproveItEvenWhereAnotherSigned) {
  ProveAuthor();
  Know("Ann", {"ann@x"}, {"ann"});
  Approve("ann@x", "A");
  EXPECT_THAT(Missing(), HasSubstr("are one person"));
}

TEST_F(PolicyTest, RejectionEndsWhenItSays) {
  ProveAuthor();
  Approve("bob@x", "B");
  Say(Decision::kReject, "carol@x", "C").file.statement->expires = now_ + Millis(1);
  EXPECT_THAT(Missing(), HasSubstr("carol@x rejected"));
  judged_.back().file.statement->expires = now_;
  EXPECT_EQ(Missing(), "");
}

TEST_F(PolicyTest, RejectionThatOnlyThePrivateCopyKnowsStandsInTheWay) {
  ProveAuthor();
  Approve("bob@x", "B");
  const VerifiedStatement no = Say(Decision::kReject, "carol@x", "C");
  judged_.pop_back();
  history_.marks = {no.file.digest};
  EXPECT_THAT(Missing(), HasSubstr("the private copy keeps a rejection"));
  judged_.push_back(no);
  EXPECT_THAT(Missing(), HasSubstr("carol@x rejected the plan"));
  judged_.back().file.statement->expires = now_;
  EXPECT_EQ(Missing(), "") << "with its file it counts as any other";
  judged_.back().file.problem = "its signature does not count";
  EXPECT_THAT(Missing(), HasSubstr("can no longer be checked"));
}

}  // namespace
}  // namespace salvor::custody
