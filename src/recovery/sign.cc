#include "recovery/sign.h"

#include <utility>

#include "base/digest.h"

namespace salvor::recovery {

Result<custody::VerifiedStatement> Sign(const Case& incident, const Actor& by,
                                        const custody::History& history, Instant now,
                                        model::Statement statement, const SigningKey& key) {
  if (by.processes == nullptr) return Fail(Code::kInternal, "nothing to run ssh-keygen with");
  if (const std::string problem = custody::NameProblem(key.who); !problem.empty()) {
    return Fail(Code::kInvalidArgument, "--as does not name a signer: " + problem, key.who);
  }
  statement.plan = incident.digest;
  statement.who = key.who;
  statement.signed_at = now;
  custody::ApprovalFile file;
  file.path = "the new statement";
  file.bytes = model::FormatStatement(statement);
  file.digest = Sha256Hex(file.bytes);
  // What is signed is what can be read back.
  SALVOR_TRY(file.statement, model::ParseStatement(file.bytes));
  custody::SshKeygen keygen(*by.processes, by.rules.ssh_keygen);
  SALVOR_TRY(file.signature, keygen.Sign(key.file, file.bytes, key.may_ask));
  SALVOR_TRY(auto judged, custody::VerifySignatures(*by.processes, {std::move(file)}, incident.plan,
                                                    incident.digest, by.rules, history, now));
  custody::VerifiedStatement& one = judged.front();
  if (!one.file.problem.empty()) {
    return Fail(Code::kRefused, "the signature would not count: " + one.file.problem,
                by.rules.signers_path, "Nothing was written");
  }
  return std::move(one);
}

Result<custody::VerifiedStatement> SignAsAuthor(const Case& incident, const Actor& by, Instant now,
                                                const SigningKey& key) {
  model::Statement statement;
  statement.decision = model::Decision::kMade;
  statement.anchor = {0, incident.digest};
  return Sign(incident, by, {}, now, std::move(statement), key);
}

Result<std::string> KeepStatement(io::Fs& fs, const Case& incident, Step& step,
                                  const custody::VerifiedStatement& judged, nlohmann::json more) {
  SALVOR_TRY(std::string path,
             custody::StoreApproval(fs, incident.folder, judged.file.bytes, judged.file.signature));
  const model::Statement& statement = *judged.file.statement;
  more["statement"] = judged.file.digest;
  more["decision"] = model::DecisionName(statement.decision);
  more["who"] = statement.who;
  more["key"] = judged.signer.key;
  SALVOR_OK(step.Note(std::move(more)));
  return path;
}

}  // namespace salvor::recovery
