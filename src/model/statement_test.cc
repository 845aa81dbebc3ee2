#include "model/statement.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "model/plan.h"

namespace salvor::model {
namespace {

Statement Whole() {
  Statement statement;
  statement.plan = Sha256Hex("plan");
  statement.decision = Decision::kReject;
  statement.reason = "these rows were deleted on \"request\"";
  statement.verbs = {Verb::kAbandon, Verb::kApply, Verb::kUndo};
  statement.who = "bob@example.com";
  statement.signed_at = *ParseInstant("2026-11-22T19:00:00.250Z");
  statement.expires = *ParseInstant("2027-01-21T19:00:00.250Z");
  statement.anchor = {3, Sha256Hex("line 3")};
  return statement;
}

TEST(Statement, ReadsBackToTheSameBytes) {
  const std::string bytes = FormatStatement(Whole());
  const auto read = ParseStatement(bytes);
  ASSERT_TRUE(read) << read.error().Message();
  EXPECT_EQ(*read, Whole());
  EXPECT_EQ(FormatStatement(*read), bytes);
  EXPECT_EQ(bytes.back(), '\n');
}

TEST(Statement, ApprovalAndRejectionAreDifferentBytes) {
  Statement approval = Whole();
  approval.decision = Decision::kApprove;
  EXPECT_NE(FormatStatement(approval), FormatStatement(Whole()));
}

TEST(Statement, AnyByteChangedIsAnotherStatementOrNone) {
  const std::string bytes = FormatStatement(Whole());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = ParseStatement(changed);
    EXPECT_TRUE(!read || *read != Whole()) << changed;
  }
}

TEST(Statement, OtherSpellingsAreRefused) {
  const std::string bytes = FormatStatement(Whole());
  EXPECT_FALSE(ParseStatement(" " + bytes));
  EXPECT_FALSE(ParseStatement(bytes + "\n"));
  EXPECT_FALSE(ParseStatement(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(ParseStatement(""));
  std::string more = bytes;
  more.replace(more.find("\"who\""), 5, "\"and\":1,\"who\"");
  EXPECT_FALSE(ParseStatement(more));
}

TEST(Statement, VerbsAreNamedOnceAndAtLeastOne) {
  Statement none = Whole();
  none.verbs.clear();
  EXPECT_FALSE(ParseStatement(FormatStatement(none)));
  Statement twice = Whole();
  twice.verbs = {Verb::kApply, Verb::kApply};
  EXPECT_FALSE(ParseStatement(FormatStatement(twice)));
}

TEST(PersonOf, AddressesIgnoreCaseAndKindsDoNotMix) {
  const std::vector<Person> people{{"Ann", {"ann@x"}, {"A@Y"}, {"ann"}}};
  EXPECT_EQ(PersonOf(people, {IdentityKind::kSigner, "ANN@X"}), "Ann");
  EXPECT_EQ(PersonOf(people, {IdentityKind::kPrincipal, "a@y"}), "Ann");
  EXPECT_EQ(PersonOf(people, {IdentityKind::kOsUser, "ann"}), "Ann");
  EXPECT_EQ(PersonOf(people, {IdentityKind::kOsUser, "ANN"}), std::nullopt);
  EXPECT_EQ(PersonOf(people, {IdentityKind::kOsUser, "ann@x"}), std::nullopt);
  EXPECT_EQ(PersonOf(people, {IdentityKind::kSigner, "ann"}), std::nullopt);
}

TEST(Plan, ReviewAndAuthorAreReadBackAndAreAbsentWhereThereAreNone) {
  Plan plan;
  const std::string bare = FormatPlan(plan);
  EXPECT_NE(bare.find(R"("review":{"approvals":0})"), std::string::npos);
  EXPECT_EQ(bare.find("author"), std::string::npos);
  plan.review.approvals = 2;
  plan.review.distinct = {"approver", "author"};
  plan.review.group = {"Ann"};
  plan.review.signers = {Sha256Hex("line")};
  plan.review.people = {{"Ann", {"ann@x"}, {}, {"ann"}}};
  plan.author = Identity{IdentityKind::kPrincipal, "sa@x"};
  const auto read = ParsePlan(FormatPlan(plan));
  ASSERT_TRUE(read) << read.error().Message();
  EXPECT_EQ(read->review, plan.review);
  EXPECT_EQ(read->author, plan.author);
  plan.review = {};
  plan.review.waived = true;
  EXPECT_TRUE(ParsePlan(FormatPlan(plan))->review.waived);
}

}  // namespace
}  // namespace salvor::model
