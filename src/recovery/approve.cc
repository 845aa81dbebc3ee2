#include "recovery/approve.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
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
  statement.plan = incident.digest;
  statement.decision = request.decision;
  statement.reason = request.reason;
  statement.verbs = request.verbs;
  std::sort(statement.verbs.begin(), statement.verbs.end());
  statement.verbs.erase(std::unique(statement.verbs.begin(), statement.verbs.end()),
                        statement.verbs.end());
  statement.who = request.who;
  statement.signed_at = now;
  statement.expires = request.expires;
  const bool approval = request.decision == model::Decision::kApprove;
  if (!request.expires && approval) statement.expires = now + kApprovalLife;
  statement.anchor = AnchorOf(step, incident);
  if (statement.expires && *statement.expires <= now) {
    return Fail(Code::kInvalidArgument, "it would expire before it is signed",
                FormatInstant(*statement.expires));
  }
  // What is signed is what can be read back.
  return model::ParseStatement(model::FormatStatement(statement));
}

// Why the approval would not count at apply, as far as that can be known before.
Status CheckCounts(const Case& incident, const Operator& by, custody::History history,
                   const custody::JudgedStatement& judged, Instant now, Approved& approved) {
  history.rejections.clear();  // of others, which this does not answer for
  for (const model::Verb verb : approved.statement.verbs) {
    const custody::Finding finding =
        custody::Weigh(incident.plan, by.rules, history, {judged}, verb, std::nullopt, now);
    approved.unproven = finding.unproven;
    if (finding.missing.empty() || !finding.approvals.empty()) continue;
    return Fail(Code::kRefused, "this approval would not count: " + finding.missing.back(),
                incident.folder, "Nothing was written");
  }
  return Done{};
}

Result<custody::JudgedStatement> JudgeNew(const Case& incident, const Operator& by,
                                          const custody::History& history, Instant now,
                                          const model::Statement& statement,
                                          const std::string& signature) {
  custody::ApprovalFile file;
  file.path = "the new statement";
  file.bytes = model::FormatStatement(statement);
  file.digest = Sha256Hex(file.bytes);
  file.signature = signature;
  file.statement = statement;
  SALVOR_TRY(auto judged, custody::Judge(*by.processes, {file}, incident.plan, incident.digest,
                                         by.rules, history, now));
  custody::JudgedStatement& one = judged.front();
  if (!one.file.problem.empty()) {
    return Fail(Code::kRefused, "the signature would not count: " + one.file.problem,
                by.rules.signers_path, "Nothing was written");
  }
  return std::move(one);
}

}  // namespace

Result<Approved> Approve(io::Fs& fs, const io::Clock& clock, const Case& incident,
                         const Operator& by, const ApproveRequest& request) {
  if (by.processes == nullptr) return Fail(Code::kInternal, "nothing to run ssh-keygen with");
  if (const std::string problem = custody::NameProblem(request.who); !problem.empty()) {
    return Fail(Code::kInvalidArgument, "--as does not name a signer: " + problem, request.who);
  }
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "approve", by));
  Approved approved;
  SALVOR_TRY(approved.statement, StatementFor(step, incident, clock.Now(), request));
  const std::string bytes = model::FormatStatement(approved.statement);
  custody::SshKeygen keygen(*by.processes);
  SALVOR_TRY(const std::string signature, keygen.Sign(request.key_file, bytes, request.may_ask));
  const custody::History history = HistoryOf(step);
  SALVOR_TRY(const custody::JudgedStatement judged,
             JudgeNew(incident, by, history, clock.Now(), approved.statement, signature));
  if (request.decision == model::Decision::kApprove) {
    SALVOR_OK(CheckCounts(incident, by, history, judged, clock.Now(), approved));
  }
  approved.digest = judged.file.digest;
  approved.key = judged.signer.key;
  SALVOR_TRY(approved.path, custody::StoreApproval(fs, incident.folder, bytes, signature));
  nlohmann::json verbs = nlohmann::json::array();
  for (const model::Verb verb : approved.statement.verbs) verbs.push_back(model::VerbName(verb));
  SALVOR_OK(step.Note({{"statement", approved.digest},
                       {"decision", model::DecisionName(approved.statement.decision)},
                       {"who", approved.statement.who},
                       {"key", approved.key},
                       {"verbs", std::move(verbs)}}));
  return approved;
}

}  // namespace salvor::recovery
