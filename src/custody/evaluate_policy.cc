// Whether the genuine statements are enough: pure.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "custody/review.h"
#include "custody/roles.h"

namespace salvor::custody {
namespace {

using model::Decision;
using model::Identity;
using model::IdentityKind;
using model::ReviewPolicy;
using model::Statement;

constexpr size_t kMostCompared = 16;  // approvals among which the right ones are looked for

class PolicyEvaluator {
 public:
  PolicyEvaluator(const model::Plan& plan, const Rules& rules, const History& history,
                  const std::vector<VerifiedStatement>& judged, model::Verb verb,
                  const std::optional<Identity>& who, Instant now)
      : plan_(plan),
        rules_(rules),
        history_(history),
        judged_(judged),
        verb_(verb),
        who_(who),
        now_(now),
        policy_(Stricter(plan.review, rules.today)),
        roles_(plan, rules, history, judged, policy_.distinct) {}

  Finding EvaluatePolicy() {
    LookForRejections();
    if (policy_.approvals == 0) {
      finding_.waived = policy_.waived;
      finding_.text = policy_.waived ? "REVIEW TURNED OFF: salvor.yaml says approvals: 0"
                                     : "no review asked for: the table is a bare local path";
      return std::move(finding_);
    }
    finding_.author_rule = roles_.AuthorRule();
    if (who_) {
      const std::string problem = roles_.WhyNotOperator(*who_);
      if (!problem.empty()) finding_.missing.push_back(problem);
    }
    CountApprovals();
    finding_.unproven = roles_.Unproven();
    return std::move(finding_);
  }

 private:
  [[nodiscard]] bool Covers(const Statement& statement) const {
    return std::find(statement.verbs.begin(), statement.verbs.end(), verb_) !=
           statement.verbs.end();
  }

  // The same person said yes later, or took it back, with the same key.
  [[nodiscard]] bool TakenBack(const VerifiedStatement& rejection) const {
    return std::any_of(judged_.begin(), judged_.end(), [&](const VerifiedStatement& other) {
      return other.file.problem.empty() && other.signer.key == rejection.signer.key &&
             other.file.statement->who == rejection.file.statement->who &&
             (other.file.statement->decision == Decision::kApprove ||
              other.file.statement->decision == Decision::kWithdraw) &&
             Covers(*other.file.statement) &&
             other.file.statement->signed_at > rejection.file.statement->signed_at;
    });
  }

  void LookForRejections() {
    for (const VerifiedStatement& judged : judged_) {
      if (!judged.file.problem.empty()) continue;
      const Statement& statement = *judged.file.statement;
      if (statement.decision != Decision::kReject || !Covers(statement)) continue;
      if (statement.expires && *statement.expires <= now_) continue;
      if (TakenBack(judged)) continue;
      Reject(fmt::format("{} rejected the plan at {}: {}", statement.who,
                         FormatInstant(statement.signed_at), statement.reason));
    }
    for (const auto& [digest, who] : history_.rejections) LookForNoted(digest, who);
    for (const std::string& digest : history_.marks) {
      if (!history_.rejections.contains(digest)) LookForMarked(digest);
    }
  }

  // One that only the private copy knows. With its file it counts as any other.
  void LookForMarked(const std::string& digest) {
    const auto found =
        std::find_if(judged_.begin(), judged_.end(),
                     [&](const VerifiedStatement& one) { return one.file.digest == digest; });
    if (found != judged_.end()) return LookForNoted(digest, "somebody");
    Reject(fmt::format(
        "the private copy keeps a rejection of this plan that this folder of the case does not "
        "know (statement {}): use the case's folder as it is now",
        digest));
  }

  // One that the journal knows, so it was genuine once.
  void LookForNoted(const std::string& digest, const std::string& who) {
    const auto found =
        std::find_if(judged_.begin(), judged_.end(),
                     [&](const VerifiedStatement& one) { return one.file.digest == digest; });
    if (found == judged_.end()) {
      Reject(
          fmt::format("the journal knows a rejection by {} whose file is gone: approvals/{}.json",
                      who, digest));
    } else if (!found->file.problem.empty()) {
      // Also where its key was revoked since: another salvor.yaml could say that of any key.
      Reject(fmt::format("{} rejected the plan, and that can no longer be checked ({}): plan anew",
                         who, found->file.problem));
    }
  }

  void Reject(std::string why) {
    finding_.rejections.push_back(why);
    finding_.missing.push_back(std::move(why));
  }

  // Each policy's group by its own people.
  [[nodiscard]] static bool InGroup(const ReviewPolicy& policy, const Statement& statement) {
    const std::vector<std::string>& group = policy.group;
    if (group.empty()) return true;
    const Identity signer{IdentityKind::kSigner, statement.who};
    const auto person = model::PersonOf(policy.people, signer);
    return std::any_of(group.begin(), group.end(), [&](const std::string& member) {
      return member == person || model::PersonOf({{"", {member}, {}, {}}}, signer);
    });
  }

  // Why the statement is no approval of this verb now; empty if it is.
  std::string WhyNot(const VerifiedStatement& judged) {
    if (!judged.file.problem.empty()) return judged.file.problem;
    const Statement& statement = *judged.file.statement;
    if (!Covers(statement)) return fmt::format("it does not cover {}", model::VerbName(verb_));
    if (statement.expires && *statement.expires <= now_) {
      return "it expired at " + FormatInstant(*statement.expires);
    }
    for (const ReviewPolicy* policy : {&plan_.review, &rules_.today}) {
      if (!InGroup(*policy, statement)) return statement.who + " is not in review.group";
    }
    return roles_.WhyNotApprover(judged, who_);
  }

  // Approvals of different people with different keys: the most that there are together.
  std::vector<const VerifiedStatement*> Most(
      const std::vector<const VerifiedStatement*>& candidates, size_t from,
      std::vector<const VerifiedStatement*> chosen) {
    std::vector<const VerifiedStatement*> best = chosen;
    for (size_t i = from; i < candidates.size(); ++i) {
      const bool fits = std::all_of(chosen.begin(), chosen.end(), [&](const auto* one) {
        return roles_.Together(*one, *candidates[i]);
      });
      if (!fits) continue;
      std::vector<const VerifiedStatement*> more = chosen;
      more.push_back(candidates[i]);
      more = Most(candidates, i + 1, std::move(more));
      if (more.size() > best.size()) best = std::move(more);
      if (static_cast<int64_t>(best.size()) >= policy_.approvals) break;
    }
    return best;
  }

  void CountApprovals() {
    std::vector<const VerifiedStatement*> candidates;
    std::vector<std::string> reasons;
    for (const VerifiedStatement& judged : judged_) {
      const auto& statement = judged.file.statement;
      // What is no approval: roles_ looks at an author's, LookForRejections at the others.
      const bool approves = !statement || statement->decision == Decision::kApprove;
      if (!approves && judged.file.problem.empty()) continue;
      const std::string reason = WhyNot(judged);
      if (reason.empty() && candidates.size() < kMostCompared) candidates.push_back(&judged);
      if (!reason.empty()) reasons.push_back(fmt::format("{}: {}", judged.file.path, reason));
    }
    const auto chosen = Most(candidates, 0, {});
    std::string names;
    for (const VerifiedStatement* one : chosen) {
      finding_.approvals.push_back(one->file.digest);
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", one->file.statement->who,
                           one->signer.key);
    }
    const auto count = static_cast<int64_t>(chosen.size());
    if (count >= policy_.approvals) {
      finding_.text = fmt::format("{}: {}", Plural(count, "approval"), names);
      return;
    }
    finding_.missing.push_back(Shortfall(count, names));
    if (candidates.size() > chosen.size()) {
      finding_.missing.emplace_back(
          "two approvals count as two only with different people and different keys");
    }
    finding_.missing.insert(finding_.missing.end(), reasons.begin(), reasons.end());
  }

  [[nodiscard]] std::string Shortfall(int64_t count, const std::string& names) const {
    std::string text = fmt::format("{} must cover {}, and {}",
                                   Plural(policy_.approvals, "approval"), model::VerbName(verb_),
                                   count == 0 ? "none does" : fmt::format("only {} does", names));
    if (rules_.signers_path.empty()) {
      text += "; salvor.yaml names no review.allowed_signers, so nobody can approve";
    }
    return text;
  }

  const model::Plan& plan_;
  const Rules& rules_;
  const History& history_;
  const std::vector<VerifiedStatement>& judged_;
  model::Verb verb_;
  const std::optional<Identity>& who_;
  Instant now_;
  ReviewPolicy policy_;
  Roles roles_;
  Finding finding_;
};

}  // namespace

ReviewPolicy Stricter(const ReviewPolicy& plan, const ReviewPolicy& today) {
  ReviewPolicy policy = plan;
  policy.approvals = std::max(plan.approvals, today.approvals);
  policy.waived = policy.approvals == 0 && (plan.waived || today.waived);
  policy.distinct.insert(policy.distinct.end(), today.distinct.begin(), today.distinct.end());
  std::sort(policy.distinct.begin(), policy.distinct.end());
  policy.distinct.erase(std::unique(policy.distinct.begin(), policy.distinct.end()),
                        policy.distinct.end());
  return policy;
}

Finding EvaluatePolicy(const model::Plan& plan, const Rules& rules, const History& history,
                       const std::vector<VerifiedStatement>& judged, model::Verb verb,
                       const std::optional<Identity>& who, Instant now) {
  return PolicyEvaluator(plan, rules, history, judged, verb, who, now).EvaluatePolicy();
}

}  // namespace salvor::custody
