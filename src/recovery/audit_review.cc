#include "recovery/audit_review.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "custody/review.h"
#include "journal/journal.h"
#include "recovery/actor.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

using custody::VerifiedStatement;
using journal::Kind;
using journal::Line;
using model::Verb;
using nlohmann::json;

constexpr Millis kClocksApart{600'000};  // between the approver's machine and the operator's
constexpr std::string_view kWide = "allow-other-signers";

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

bool Lists(const Line& line, const char* name, std::string_view word) {
  const json list = Member(line, name);
  return list.is_array() &&
         std::any_of(list.begin(), list.end(), [&](const json& one) { return one == word; });
}

// The verb that a line begins and that needs a review.
std::optional<Verb> VerbOf(const Line& line) {
  if (line.entry.kind != Kind::kIntent) return std::nullopt;
  if (line.entry.step == "apply") return Verb::kApply;
  if (line.entry.step == "undo") return Verb::kUndo;
  if (line.entry.step == "clean" && Member(line, "abandon") == true) return Verb::kAbandon;
  return std::nullopt;
}

std::string_view NameOf(model::Decision decision) {
  switch (decision) {
    case model::Decision::kApprove:
      return "approval";
    case model::Decision::kMade:
      return "author's signature";
    case model::Decision::kReject:
      return "rejection";
    case model::Decision::kWithdraw:
      return "withdrawal";
  }
  return {};
}

class ReviewAuditor {
 public:
  ReviewAuditor(const Case& incident, const std::vector<Line>& lines, const AuditRules& rules)
      : incident_(incident), lines_(lines), rules_(rules) {}

  Result<ReviewFindings> Run(const std::vector<custody::ApprovalFile>& files) {
    if (!files.empty()) SALVOR_OK(JudgeAll(files));
    for (const VerifiedStatement& judged : strict_) {
      findings_.approvals.push_back(Described(judged));
      SALVOR_OK(KeepHead(judged));
    }
    CheckNotes();
    findings_.author_rule =
        custody::EvaluatePolicy(incident_.plan, RulesAsPlanned(false), HistoryBefore(lines_.size()),
                                strict_, Verb::kApply, std::nullopt, rules_.now)
            .author_rule;
    for (const Line& line : lines_) {
      if (const auto verb = VerbOf(line)) CheckStep(line, *verb);
    }
    return std::move(findings_);
  }

 private:
  // What the plan says is the policy as it was: today's salvor.yaml has no part in it.
  [[nodiscard]] custody::Rules RulesAsPlanned(bool wide) const {
    custody::Rules rules;
    rules.signers = rules_.signers;
    rules.signers_path = rules_.signers_path;
    rules.ssh_keygen = rules_.ssh_keygen;
    rules.today.people = incident_.plan.review.people;
    rules.shared = !rules_.shared || rules_.shared(incident_.plan.table);
    rules.allow_other_signers = wide;
    return rules;
  }

  Status JudgeAll(const std::vector<custody::ApprovalFile>& files) {
    if (rules_.processes == nullptr) return Fail(Code::kInternal, "nothing to run ssh-keygen with");
    const custody::History history = HistoryBefore(lines_.size());
    const auto judge = [&](bool wide) {
      return custody::VerifySignatures(*rules_.processes, files, incident_.plan, incident_.digest,
                                       RulesAsPlanned(wide), history, rules_.now,
                                       custody::VerifyAt::kStatement);
    };
    SALVOR_TRY(strict_, judge(false));
    const bool wide = std::any_of(lines_.begin(), lines_.end(),
                                  [](const Line& line) { return Lists(line, "overrides", kWide); });
    if (wide) {
      SALVOR_TRY(wide_, judge(true));
    }
    return Done{};
  }

  [[nodiscard]] model::AuditedApproval Described(const VerifiedStatement& judged) const {
    model::AuditedApproval approval;
    approval.file = judged.file.path;
    approval.digest = judged.file.digest;
    approval.key = judged.signer.key;
    approval.problem = judged.file.problem;
    if (rules_.signers_path.empty() && judged.file.statement) {
      approval.problem =
          "there is no allowed_signers file to check it against: give it with "
          "--allowed-signers";
    }
    if (!judged.file.statement) return approval;
    const model::Statement& statement = *judged.file.statement;
    approval.decision = model::DecisionName(statement.decision);
    approval.reason = statement.reason;
    for (const Verb verb : statement.verbs) approval.verbs.emplace_back(model::VerbName(verb));
    approval.who = statement.who;
    approval.at = statement.signed_at;
    approval.expires = statement.expires;
    return approval;
  }

  // A genuine statement keeps the journal's head as its signer saw it, also where this journal has
  // no such line: that is how a cut tail shows.
  Status KeepHead(const VerifiedStatement& judged) {
    if (!judged.file.statement || judged.file.statement->plan != incident_.digest) return Done{};
    const model::Statement& statement = *judged.file.statement;
    bool genuine = judged.file.problem.empty();
    if (!genuine && !rules_.signers_path.empty()) {
      custody::SshKeygen keygen(*rules_.processes, rules_.ssh_keygen);
      const auto signer = keygen.Verify(judged.file.bytes, judged.file.signature, statement.who,
                                        statement.signed_at, rules_.signers);
      if (!signer && signer.error().code != Code::kRefused) return Fail(Error(signer.error()));
      genuine = signer.has_value();
    }
    if (genuine) {
      findings_.kept.push_back(
          {fmt::format("the {} of {}", NameOf(statement.decision), statement.who), statement.anchor,
           false});
    }
    return Done{};
  }

  // The journal as it was before a line.
  [[nodiscard]] custody::History HistoryBefore(size_t count) const {
    custody::History history;
    for (size_t i = 0; i < count; ++i) AddToHistory(lines_[i], history);
    return history;
  }

  // What the journal knows to be there must be there.
  void CheckNotes() {
    for (const Line& line : lines_) {
      const bool signs = line.entry.step == "approve" || line.entry.step == "plan";
      if (!signs || line.entry.kind != Kind::kNote) continue;
      const std::string digest = TextOf(Member(line, "statement"));
      if (HasFile(digest) || (line.entry.step == "plan" && digest.empty())) continue;
      findings_.problems.push_back(
          {Code::kCorrupt,
           fmt::format("line {} notes a statement of {} whose file is gone", line.number,
                       TextOf(Member(line, "who"))),
           fmt::format("{}/approvals/{}.json", incident_.folder, digest)});
    }
  }

  [[nodiscard]] bool HasFile(const std::string& digest) const {
    return std::any_of(strict_.begin(), strict_.end(),
                       [&](const VerifiedStatement& one) { return one.file.digest == digest; });
  }

  // Signed before that line, as far as the journal and the clocks can tell.
  [[nodiscard]] std::vector<VerifiedStatement> SignedBefore(
      const Line& line, const std::vector<VerifiedStatement>& all) const {
    std::vector<VerifiedStatement> before;
    for (const VerifiedStatement& judged : all) {
      if (!judged.file.statement) continue;
      const model::Statement& statement = *judged.file.statement;
      if (statement.anchor.line >= line.number) continue;
      if (statement.signed_at > line.at + kClocksApart) continue;
      before.push_back(judged);
    }
    return before;
  }

  void CheckStep(const Line& line, Verb verb) {
    const bool wide = Lists(line, "overrides", kWide);
    const auto who = model::PersonalIdentityFromJson(Member(line, "identity"));
    const custody::History before = HistoryBefore(static_cast<size_t>(line.number) - 1);
    const custody::Finding finding = custody::EvaluatePolicy(
        incident_.plan, RulesAsPlanned(wide), before, SignedBefore(line, wide ? wide_ : strict_),
        verb, who ? std::optional(*who) : std::nullopt, std::max(line.at, before.latest));
    std::string missing = Join(finding.missing, "; ");
    if (missing.empty() && incident_.plan.review.approvals > 0 && !who) {
      missing = "the journal does not say who did it";
    }
    if (missing.empty()) return;
    findings_.problems.push_back(
        {Code::kRefused,
         fmt::format("line {}: {} began without what the policy asked for: {}", line.number,
                     model::VerbName(verb), missing),
         fmt::format("{}/{}:{}", incident_.folder, journal::kFileName, line.number)});
  }

  const Case& incident_;
  const std::vector<Line>& lines_;
  const AuditRules& rules_;
  std::vector<VerifiedStatement> strict_;
  std::vector<VerifiedStatement> wide_;  // with --allow-other-signers, where a step used it
  ReviewFindings findings_;
};

}  // namespace

Result<ReviewFindings> AuditReviews(const io::FsReader& fs, const Case& incident,
                                    const std::vector<Line>& lines, const AuditRules& rules) {
  auto files = custody::ReadApprovals(fs, incident.folder);
  if (files) return ReviewAuditor(incident, lines, rules).Run(*files);
  if (files.error().code != Code::kRefused) return Fail(std::move(files).error());
  SALVOR_TRY(ReviewFindings findings, ReviewAuditor(incident, lines, rules).Run({}));
  findings.problems.push_back({Code::kCorrupt, files.error().what, files.error().where});
  return findings;
}

}  // namespace salvor::recovery
