#include "recovery/actor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/shell_word.h"
#include "base/strings.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

constexpr Millis kClocksApart{600'000};  // between the machines that work on one case

std::string TextOf(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

tl::unexpected<Error> Refuse(const custody::Finding& finding, model::Verb verb,
                             const Case& incident) {
  const std::string all = Join(finding.missing, "; ");
  const std::string folder = ShellWord(incident.folder);
  if (!finding.rejections.empty()) {
    return Fail(Code::kRefused, fmt::format("{} is rejected: {}", model::VerbName(verb), all),
                incident.plan.table.uri,
                fmt::format("Whoever rejected it can take that back: salvor approve {} --withdraw "
                            "--as WHO --key FILE. Else plan anew: salvor plan {} --case NEW-FOLDER",
                            folder, ShellWord(incident.plan.table.uri)));
  }
  return Fail(
      Code::kRefused, fmt::format("{} is not approved: {}", model::VerbName(verb), all),
      incident.plan.table.uri,
      fmt::format("Another person signs with: salvor approve {} --as WHO --key FILE", folder));
}

}  // namespace

nlohmann::json ToJson(const Actor& by) {
  nlohmann::json json = model::PersonalIdentityToJson(by.identity);
  if (by.person) json["person"] = *by.person;
  return json;
}

void AddToHistory(const journal::Line& line, custody::History& history) {
  history.hashes.push_back(line.hash);
  history.latest = std::max(history.latest, line.at);
  if (line.entry.kind != journal::Kind::kNote) return;
  if (line.entry.step == "plan" && !history.author) {
    const auto author = model::PersonalIdentityFromJson(Member(line, "identity"));
    if (author) history.author = *author;
  }
  if (line.entry.step == "approve" && Member(line, "decision") == "reject") {
    history.rejections[TextOf(Member(line, "statement"))] = TextOf(Member(line, "who"));
  }
}

custody::History HistoryOf(const Step& step) {
  custody::History history;
  for (const journal::Line& line : step.Past()) AddToHistory(line, history);
  return history;
}

Result<std::vector<custody::VerifiedStatement>> VerifyApprovals(const io::FsReader& fs,
                                                                const Case& incident,
                                                                const Actor& by,
                                                                const custody::History& history,
                                                                Instant now) {
  SALVOR_TRY(auto files, custody::ReadApprovals(fs, incident.folder));
  if (files.empty()) return std::vector<custody::VerifiedStatement>();
  if (by.processes == nullptr) return Fail(Code::kInternal, "nothing to run ssh-keygen with");
  return custody::VerifySignatures(*by.processes, std::move(files), incident.plan, incident.digest,
                                   by.rules, history, now);
}

Result<custody::Finding> CheckReview(const io::FsReader& fs, const io::Clock& clock,
                                     const Case& incident, const Step& step, model::Verb verb,
                                     const Actor& by, warehouse::StagingStore& staging) {
  custody::History history = HistoryOf(step);
  SALVOR_TRY(history.marks, staging.Rejections(incident.plan, incident.digest));
  const Instant now = std::max(clock.Now(), history.latest);
  SALVOR_TRY(const auto judged, VerifyApprovals(fs, incident, by, history, now));
  custody::Finding finding =
      custody::EvaluatePolicy(incident.plan, by.rules, history, judged, verb, by.identity, now);
  if (!finding.missing.empty() && now > clock.Now() + kClocksApart) {
    finding.missing.push_back(
        fmt::format("the journal has a line of {}, and this machine's clock says {}: the later one "
                    "counted",
                    FormatInstant(now), FormatInstant(clock.Now())));
  }
  if (!finding.missing.empty()) return Refuse(finding, verb, incident);
  return finding;
}

Result<std::vector<custody::VerifiedStatement>> VerifyAuthors(const io::FsReader& fs,
                                                              const Case& incident, const Actor& by,
                                                              Instant now) {
  SALVOR_TRY(auto files, custody::ReadApprovals(fs, incident.folder));
  // Approvals are signed for a line of the journal, which is not read here; an author's is for
  // none.
  std::erase_if(files, [](const custody::ApprovalFile& file) {
    return !file.statement || file.statement->decision != model::Decision::kMade;
  });
  if (files.empty()) return std::vector<custody::VerifiedStatement>();
  if (by.processes == nullptr) return Fail(Code::kInternal, "nothing to run ssh-keygen with");
  return custody::VerifySignatures(*by.processes, std::move(files), incident.plan, incident.digest,
                                   by.rules, {}, now);
}

std::string AuthorRuleOf(const io::FsReader& fs, const Case& incident, const Actor& by,
                         Instant now) {
  const auto judged = VerifyAuthors(fs, incident, by, now);
  if (!judged) return "cannot be said: " + judged.error().Message();
  return custody::EvaluatePolicy(incident.plan, by.rules, {}, *judged, model::Verb::kApply,
                                 std::nullopt, now)
      .author_rule;
}

void AddReview(const custody::Finding& finding, const Actor& by, nlohmann::json& intent) {
  intent["review"] = finding.text;
  if (!finding.author_rule.empty()) intent["author"] = finding.author_rule;
  if (!finding.approvals.empty()) intent["approvals"] = finding.approvals;
  if (!finding.unproven.empty()) intent["unproven"] = finding.unproven;
  nlohmann::json overrides = nlohmann::json::array();
  if (by.rules.allow_other_signers) overrides.push_back("allow-other-signers");
  if (finding.waived) overrides.push_back("approvals: 0");
  if (!overrides.empty()) intent["overrides"] = std::move(overrides);
}

}  // namespace salvor::recovery
