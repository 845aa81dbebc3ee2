#include "recovery/approve.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "report/plan_report.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  std::string who;
  std::string key;
  bool reject = false;
  std::string reason;
  std::vector<std::string> verbs;
  std::string expires;
};

Result<recovery::ApproveRequest> RequestOf(const Session& session, const Options& options) {
  recovery::ApproveRequest request;
  request.who = options.who;
  request.key_file = options.key;
  request.reason = options.reason;
  if (options.reject) request.decision = model::Decision::kReject;
  if (options.reject && options.reason.empty()) {
    return Fail(Code::kInvalidArgument, "a rejection needs a reason", {}, "Add --reason TEXT");
  }
  request.verbs = {model::Verb::kAbandon, model::Verb::kApply, model::Verb::kUndo};
  if (!options.verbs.empty()) request.verbs.clear();
  for (const std::string& name : options.verbs) {
    SALVOR_TRY(const model::Verb verb, model::ParseVerb(name));
    request.verbs.push_back(verb);
  }
  if (!options.expires.empty()) {
    SALVOR_TRY(request.expires, ParseInstant(options.expires));
  }
  request.may_ask = !session.Set().no_input;
  return request;
}

// No table is opened: whoever approves need not have any right to it.
Result<recovery::Operator> Approver(Session& session, const recovery::Case& incident,
                                    const Options& options) {
  recovery::Operator by;
  by.identity = {model::IdentityKind::kSigner, options.who};
  SALVOR_TRY(by.rules, LoadRules(session, incident.plan.table));
  by.rules.allow_other_signers = options.allow_other_signers;
  by.processes = &session.Processes();
  return by;
}

nlohmann::json Document(const recovery::Approved& approved, const Options& options) {
  const model::Statement& statement = approved.statement;
  nlohmann::json verbs = nlohmann::json::array();
  for (const model::Verb verb : statement.verbs) verbs.push_back(model::VerbName(verb));
  return {{"case", options.folder},
          {"plan", statement.plan},
          {"decision", model::DecisionName(statement.decision)},
          {"who", statement.who},
          {"key", approved.key},
          {"verbs", std::move(verbs)},
          {"expires", statement.expires ? nlohmann::json(FormatInstant(*statement.expires))
                                        : nlohmann::json(nullptr)},
          {"statement", approved.digest},
          {"path", approved.path},
          {"unproven", approved.unproven}};
}

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(const recovery::ApproveRequest request, RequestOf(session, options));
  SALVOR_TRY(const recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  SALVOR_TRY(const recovery::Operator by, Approver(session, incident, options));
  WarnOfOverrides(session, incident.plan, by);
  if (!session.Set().json) {
    Session::Tell(Printable(incident.plan.table.uri + ": " + report::PlanSummary(incident.plan)));
  }
  SALVOR_TRY(const recovery::Approved approved,
             recovery::Approve(session.Files(), session.Clock(), incident, by, request));
  const model::Statement& statement = approved.statement;
  const bool rejected = statement.decision == model::Decision::kReject;
  std::string text =
      fmt::format("{} by {} ({})\nplan {}\n{}\n", rejected ? "rejected" : "approved",
                  Printable(statement.who), approved.key, statement.plan, Printable(approved.path));
  if (statement.expires) text += "expires " + FormatInstant(*statement.expires) + "\n";
  for (const std::string& open : approved.unproven) text += "unproven: " + Printable(open) + "\n";
  session.Say(text, Document(approved, options));
  return Exit::kDone;
}

}  // namespace

void AddApprove(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = AddCaseCommand(app, "approve",
                                 "A second person signs a statement on the plan's digest", options);
  command->add_option("--as", options->who, "Your name in allowed_signers")->required();
  command
      ->add_option("--key", options->key,
                   "Your SSH key: private, or public where ssh-agent has the other half")
      ->required();
  command->add_flag("--reject", options->reject, "Sign that the plan must not run");
  command->add_option("--reason", options->reason, "Why; a rejection needs it");
  command
      ->add_option("--verbs", options->verbs,
                   "What it covers: apply,undo,abandon (all three unless you say)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--expires", options->expires,
                      "Until when it counts (UTC unless it says otherwise); else for 60 days");
  command->add_flag("--allow-other-signers", options->allow_other_signers,
                    "You were not in allowed_signers when the plan was made: only an apply with "
                    "the same flag will count it");
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
