// Which statements are genuine: asked of ssh-keygen, one by one.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "custody/review.h"

namespace salvor::custody {
namespace {

using model::Decision;
using model::Statement;

constexpr Millis kClocksApart{600'000};  // between the approver's machine and this one

bool OnThisJournal(const model::Anchor& anchor, const std::string& plan_digest,
                   const History& history) {
  if (anchor.line == 0) return anchor.hash == plan_digest;
  return anchor.line > 0 && anchor.line <= static_cast<int64_t>(history.hashes.size()) &&
         history.hashes[static_cast<size_t>(anchor.line) - 1] == anchor.hash;
}

// What is wrong before any signature is looked at; empty if nothing is.
std::string StatementProblem(const Statement& statement, const std::string& plan_digest,
                             const History& history, Instant now) {
  if (statement.plan != plan_digest) return "it is about another plan";
  if (!OnThisJournal(statement.anchor, plan_digest, history)) {
    return fmt::format(
        "it was signed for a journal whose line {} was another: lines were cut off or changed",
        statement.anchor.line);
  }
  if (statement.signed_at > now + kClocksApart) {
    return "it says that it was signed in the future, at " + FormatInstant(statement.signed_at);
  }
  return {};
}

// The lines that were there when the plan was made; all if it was made under no policy. A plan that
// asks for approvals and lists nobody can be approved by nobody.
std::string KnownThen(const std::string& allowed, const model::ReviewPolicy& then) {
  if (then.approvals == 0) return allowed;
  const std::vector<std::string>& digests = then.signers;
  std::string known;
  for (const std::string& line : SignerLines(allowed)) {
    if (std::binary_search(digests.begin(), digests.end(), Sha256Hex(line))) known += line + "\n";
  }
  return known;
}

class SignatureVerifier {
 public:
  SignatureVerifier(io::Processes& processes, const model::Plan& plan, const Rules& rules,
                    Instant now, VerifyAt at)
      : keygen_(processes, rules.ssh_keygen),
        rules_(rules),
        counting_(rules.signers),
        now_(now),
        at_(at) {
    if (rules.allow_other_signers) return;
    counting_.allowed = KnownThen(rules.signers.allowed, plan.review);
  }

  Status Of(VerifiedStatement& judged) {
    const Statement& statement = *judged.file.statement;
    const bool then = at_ == VerifyAt::kStatement;
    SALVOR_OK(Ask(judged, then ? statement.signed_at : now_));
    const bool lets_pass =
        statement.decision == Decision::kApprove || statement.decision == Decision::kWithdraw;
    if (lets_pass || judged.file.problem.empty() || then) return Done{};
    return Ask(judged, statement.signed_at);
  }

 private:
  Status Ask(VerifiedStatement& judged, Instant at) {
    auto signer = Verify(judged, at, counting_);
    if (signer) {
      judged.signer = *std::move(signer);
      judged.file.problem.clear();
      return Done{};
    }
    if (signer.error().code != Code::kRefused) return Fail(std::move(signer).error());
    judged.file.problem = signer.error().what;
    if (counting_.allowed == rules_.signers.allowed || !Verify(judged, at, rules_.signers)) {
      return Done{};
    }
    judged.file.problem = fmt::format(
        "{} was not in allowed_signers in this way when the plan was made (in an emergency "
        "--allow-other-signers counts it, and says so)",
        judged.file.statement->who);
    // A rejection needs no right of long standing.
    if (judged.file.statement->decision == Decision::kReject) judged.file.problem.clear();
    return Done{};
  }

  Result<Signer> Verify(const VerifiedStatement& judged, Instant at, const Signers& signers) {
    return keygen_.Verify(judged.file.bytes, judged.file.signature, judged.file.statement->who, at,
                          signers);
  }

  SshKeygen keygen_;
  const Rules& rules_;
  Signers counting_;
  Instant now_;
  VerifyAt at_;
};

}  // namespace

Result<std::vector<VerifiedStatement>> VerifySignatures(io::Processes& processes,
                                                        std::vector<ApprovalFile> files,
                                                        const model::Plan& plan,
                                                        const std::string& plan_digest,
                                                        const Rules& rules, const History& history,
                                                        Instant now, VerifyAt at) {
  SignatureVerifier judgement(processes, plan, rules, now, at);
  std::vector<VerifiedStatement> all;
  for (ApprovalFile& file : files) {
    VerifiedStatement judged{std::move(file), {}};
    std::string& problem = judged.file.problem;
    if (problem.empty()) {
      problem = StatementProblem(*judged.file.statement, plan_digest, history, now);
    }
    if (problem.empty() && rules.signers_path.empty()) {
      problem = "salvor.yaml names no review.allowed_signers to check it against";
    }
    if (problem.empty()) SALVOR_OK(judgement.Of(judged));
    all.push_back(std::move(judged));
  }
  return all;
}

}  // namespace salvor::custody
