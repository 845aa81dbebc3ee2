#include "recovery/approve.h"

#include <algorithm>
#include <utility>

#include "recovery/step.h"

namespace salvor::recovery {
namespace {

model::Anchor AnchorOf(const Step& step, const Case& incident) {
  const auto& lines = step.Past();
  if (lines.empty()) return {0, incident.digest};
  return {lines.back().number, lines.back().hash};
}

Result<model::Statement> StatementFor(const Step& step, const Case& incident, Instant now,
                                      const ApproveRequest& request) {
  model::Statement statement;
  statement.decision = request.decision;
  statement.reason = request.reason;
  statement.verbs = request.verbs;
  std::sort(statement.verbs.begin(), statement.verbs.end());
  statement.verbs.erase(std::unique(statement.verbs.begin(), statement.verbs.end()),
                        statement.verbs.end());
  statement.expires = request.expires;
  const bool approval = request.decision == model::Decision::kApprove;
  if (!request.expires && approval) statement.expires = now + kApprovalLife;
  statement.anchor = AnchorOf(step, incident);
  if (statement.expires && *statement.expires <= now) {
    return Fail(Code::kInvalidArgument, "it would expire before it is signed",
                FormatInstant(*statement.expires));
  }
  return statement;
}

// Why the approval would not count at apply, as far as that can be known before.
Status CheckCounts(const Case& incident, const Actor& by, custody::History history,
                   std::vector<custody::VerifiedStatement> judged, Instant now,
                   Approved& approved) {
  history.rejections.clear();  // of others, which this does not answer for
  for (const model::Verb verb : approved.statement.verbs) {
    const custody::Finding finding =
        custody::EvaluatePolicy(incident.plan, by.rules, history, judged, verb, std::nullopt, now);
    approved.unproven = finding.unproven;
    if (finding.missing.empty() || !finding.approvals.empty()) continue;
    return Fail(Code::kRefused, "this approval would not count: " + finding.missing.back(),
                incident.folder, "Nothing was written");
  }
  return Done{};
}

// Whether there is something that it takes back.
Status CheckWithdraws(const io::FsReader& fs, const Case& incident, const Actor& by,
                      const custody::History& history, const Approved& withdrawal, Instant now) {
  SALVOR_TRY(const auto judged, VerifyApprovals(fs, incident, by, history, now));
  const bool theirs =
      std::any_of(judged.begin(), judged.end(), [&](const custody::VerifiedStatement& one) {
        return one.file.problem.empty() && one.signer.key == withdrawal.key &&
               one.file.statement->decision == model::Decision::kReject &&
               one.file.statement->who == withdrawal.statement.who;
      });
  if (theirs) return Done{};
  return Fail(Code::kRefused, "there is no rejection by this person, with this key, to take back",
              incident.folder, "Nothing was written");
}

// What stands in the way of a mark, in words.
std::string Mark(const Case& incident, const std::string& statement,
                 warehouse::StagingStore* staging) {
  if (staging == nullptr) return "the private copy cannot be reached from here";
  const auto marked = staging->MarkRejected(incident.plan, incident.digest, statement);
  if (!marked) return marked.error().Message();
  return *marked ? "" : "there is no private copy yet";
}

}  // namespace

Result<Approved> Approve(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                         const ApproveRequest& request, warehouse::StagingStore* staging) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "approve", by));
  const Instant now = clock.Now();
  const custody::History history = HistoryOf(step);
  SALVOR_TRY(model::Statement statement, StatementFor(step, incident, now, request));
  SALVOR_TRY(const custody::VerifiedStatement judged,
             Sign(incident, by, history, now, std::move(statement), request.key));
  if (!judged.file.statement) return Fail(Code::kInternal, "what was signed is no statement");
  Approved approved;
  approved.statement = *judged.file.statement;
  if (request.decision == model::Decision::kApprove) {
    SALVOR_TRY(auto weighed, VerifyAuthors(fs, incident, by, now));
    weighed.push_back(judged);
    SALVOR_OK(CheckCounts(incident, by, history, std::move(weighed), now, approved));
  }
  approved.digest = judged.file.digest;
  approved.key = judged.signer.key;
  if (request.decision == model::Decision::kWithdraw) {
    SALVOR_OK(CheckWithdraws(fs, incident, by, history, approved, now));
  }
  nlohmann::json verbs = nlohmann::json::array();
  for (const model::Verb verb : approved.statement.verbs) verbs.push_back(model::VerbName(verb));
  SALVOR_TRY(approved.path,
             KeepStatement(fs, incident, step, judged, {{"verbs", std::move(verbs)}}));
  if (request.decision == model::Decision::kReject) {
    approved.unmarked = Mark(incident, approved.digest, staging);
  }
  return approved;
}

}  // namespace salvor::recovery
