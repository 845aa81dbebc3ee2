#include "custody/roles.h"

#include <fmt/format.h>

#include <algorithm>

namespace salvor::custody {
namespace {

using model::Identity;
using model::IdentityKind;

constexpr const char* kAuthorRole = "the author";
constexpr const char* kApproverRole = "the approver";
constexpr const char* kOperatorRole = "the operator";

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsUser(const Identity& identity) { return identity.kind == IdentityKind::kOsUser; }

}  // namespace

std::vector<Identity> SignersOf(const VerifiedStatement& judged) {
  std::vector<Identity> identities;
  for (const std::string& name : judged.signer.principals) {
    identities.push_back({IdentityKind::kSigner, name});
  }
  return identities;
}

Roles::Roles(const model::Plan& plan, const Rules& rules, const History& history,
             const std::vector<VerifiedStatement>& judged, const std::vector<std::string>& distinct)
    : plan_(plan),
      rules_(rules),
      distinct_(distinct),
      today_counts_(plan.review.approvals == 0 || rules.allow_other_signers),
      people_(plan.review.people, rules.today.people, today_counts_),
      claimed_(plan.author ? plan.author : history.author) {
  for (const VerifiedStatement& one : judged) {
    if (!one.file.statement || one.file.statement->decision != model::Decision::kMade) continue;
    if (one.file.problem.empty()) authors_.push_back(&one);
    unchecked_ = unchecked_ || rules.signers_path.empty();
  }
}

bool Roles::Wants(std::string_view role) const { return Contains(distinct_, role); }

std::string Roles::MayBeOne(const std::string& open) {
  if (rules_.shared) return open + ": review.people must have known both when the plan was made";
  if (!Contains(unproven_, open)) unproven_.push_back(open);
  return {};
}

// What is wrong with two roles being filled so; empty if they are different people.
std::string Roles::Differ(const Identities& one, const std::string& role, const Identities& other,
                          const std::string& other_role) {
  const std::string& name = one.front().name;
  if (other.empty()) {
    return MayBeOne(fmt::format("nobody knows who {} is, so {} ({}) may be the same person",
                                other_role, role, name));
  }
  const std::string& other_name = other.front().name;
  const Likeness likeness = people_.Compare(one, other);
  if (likeness == Likeness::kSame) {
    return fmt::format("{} ({}) and {} ({}) are one person", role, name, other_role, other_name);
  }
  if (likeness == Likeness::kUnknown) {
    return MayBeOne(
        fmt::format("{} ({}) and {} ({}) may be one person", role, name, other_role, other_name));
  }
  if (rules_.shared && (IsUser(one.front()) || IsUser(other.front()))) {
    return "BigQuery does not say who " + (IsUser(other.front()) ? other_role : role) +
           " is, and the system's user proves nothing to it";
  }
  return {};
}

// By what the plan says of people and by what salvor.yaml says of them today, each for itself:
// whoever could change one of the two has not changed the other.
bool Roles::KnownApart(const Identities& approver, const Identity& who) const {
  const std::vector<model::Person> nobody;
  const auto apart = [&](const std::vector<model::Person>& people) {
    return People(people, nobody, false).Compare(approver, {who}) == Likeness::kDifferent;
  };
  return apart(rules_.today.people) && (today_counts_ || apart(plan_.review.people)) &&
         people_.Compare(approver, {who}) == Likeness::kDifferent;
}

std::string Roles::WhyNotApprover(const VerifiedStatement& approver,
                                  const std::optional<Identity>& who) {
  if (!Wants(model::kApprover)) return {};
  const Identities signers = SignersOf(approver);
  if (Wants(model::kAuthor)) {
    const Identities claimed = claimed_ ? Identities{*claimed_} : Identities{};
    for (const VerifiedStatement* author : authors_) {
      std::string problem = Differ(signers, kApproverRole, SignersOf(*author), kAuthorRole);
      if (problem.empty() && author->signer.key == approver.signer.key) {
        problem = "the approver and the author signed with one key";
      }
      if (!problem.empty()) return problem;
    }
    const bool proven = !authors_.empty();
    const bool same = proven && people_.Compare(signers, claimed) == Likeness::kSame;
    if (!proven || same) {
      std::string problem = Differ(signers, kApproverRole, claimed, kAuthorRole);
      if (!problem.empty()) return problem;
    }
    if (!proven && who && !KnownApart(signers, *who)) {
      return fmt::format(
          "nobody has proven who made the plan, so it may be the operator ({}), and review.people "
          "does not tell the approver ({}) and the operator apart: add both there, or plan with "
          "--as WHO --key FILE",
          who->name, signers.front().name);
    }
  }
  if (!who || !Wants(model::kOperator)) return {};
  return Differ(signers, kApproverRole, {*who}, kOperatorRole);
}

std::string Roles::WhyNotOperator(const Identity& who) {
  if (!Wants(model::kAuthor) || !Wants(model::kOperator)) return {};
  if (authors_.empty()) {
    return fmt::format(
        "nobody has proven who made the plan, so it may be the operator ({}): plan with --as WHO "
        "--key FILE",
        who.name);
  }
  for (const VerifiedStatement* author : authors_) {
    std::string problem = Differ({who}, kOperatorRole, SignersOf(*author), kAuthorRole);
    if (!problem.empty()) return problem;
  }
  return {};
}

bool Roles::Together(const VerifiedStatement& a, const VerifiedStatement& b) {
  if (a.signer.key == b.signer.key) return false;
  const Likeness likeness = people_.Compare(SignersOf(a), SignersOf(b));
  if (likeness != Likeness::kUnknown) return likeness == Likeness::kDifferent;
  return MayBeOne(fmt::format("the approvers {} and {} may be one person", a.file.statement->who,
                              b.file.statement->who))
      .empty();
}

std::string Roles::AuthorRule() const {
  if (!Wants(model::kAuthor) || !Wants(model::kApprover)) return {};
  if (unchecked_) {
    return "whether the author's signature is good cannot be checked here: there is no "
           "allowed_signers file";
  }
  if (authors_.empty()) {
    return "nobody has proven who made the plan, so the approver must be another person than "
           "whoever applies it";
  }
  std::string names;
  for (const VerifiedStatement* author : authors_) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", author->file.statement->who,
                         author->signer.key);
  }
  return fmt::format("{} signed the plan as its author, so the approver must be another person",
                     names);
}

}  // namespace salvor::custody
