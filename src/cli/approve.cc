#include "recovery/approve.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/strings.h"
#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "report/plan_report.h"
#include "workspace/approve_case.h"
#include "workspace/opened_case.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  std::string who;
  std::string key;
  bool reject = false;
  bool withdraw = false;
  std::string reason;
  std::vector<std::string> verbs;
  std::string expires;
};

Result<recovery::ApproveRequest> RequestOf(const Session& session, const Options& options) {
  recovery::ApproveRequest request;
  request.key = {options.who, options.key, !session.NoInput()};
  request.reason = options.reason;
  if (options.reject) request.decision = model::Decision::kReject;
  if (options.withdraw) request.decision = model::Decision::kWithdraw;
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
  return request;
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
          {"unproven", approved.unproven},
          {"unmarked", approved.unmarked}};
}

std::string_view WhatWasDone(model::Decision decision) {
  if (decision == model::Decision::kReject) return "rejected";
  return decision == model::Decision::kWithdraw ? "rejection taken back" : "approved";
}

// What the statement speaks of, and what it does not.
std::string Coverage(const model::Statement& statement) {
  const auto command = [](model::Verb verb) {
    return verb == model::Verb::kAbandon ? std::string("clean --abandon")
                                         : std::string(model::VerbName(verb));
  };
  std::vector<std::string> covered;
  std::vector<std::string> others;
  for (const model::Verb verb : {model::Verb::kApply, model::Verb::kUndo, model::Verb::kAbandon}) {
    const bool named =
        std::find(statement.verbs.begin(), statement.verbs.end(), verb) != statement.verbs.end();
    (named ? covered : others).push_back(command(verb));
  }
  std::string text = "covers " + Join(covered, ", ");
  if (statement.expires) text += " until " + FormatInstant(*statement.expires);
  if (!others.empty()) text += "; not " + Join(others, ", ");
  return text + "; persist, verify and clean need no approval\n";
}

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(const recovery::ApproveRequest request, RequestOf(session, options));
  SALVOR_TRY(const recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  SALVOR_TRY(const recovery::Actor by,
             workspace::ApproverOf(session, incident, options.who, options.allow_other_signers));
  WarnOfOverrides(session, incident.plan, by);
  WarnOfRowsThatGo(session, incident.plan);
  if (!session.Json()) {
    Session::Tell(Printable(incident.plan.table.uri + ": " + report::PlanSummary(incident.plan)));
  }
  SALVOR_TRY(const recovery::Approved approved,
             workspace::ApproveCase(session, incident, by, request));
  const model::Statement& statement = approved.statement;
  std::string text = fmt::format("{} by {} ({})\nplan {}\n{}\n{}", WhatWasDone(statement.decision),
                                 Printable(statement.who), approved.key, statement.plan,
                                 Printable(approved.path), Coverage(statement));
  for (const std::string& open : approved.unproven) text += "unproven: " + Printable(open) + "\n";
  SALVOR_TRY(const recovery::CaseState state, workspace::StateOf(session, incident));
  text += report::StateText(state.text, {}, state.next);
  if (!approved.unmarked.empty()) {
    session.Warn("the private copy does not keep this rejection (" + approved.unmarked +
                 "): an older copy of the case's folder could still be applied; salvor persist " +
                 options.folder + " makes up for it");
  }
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
  auto* reject = command->add_flag("--reject", options->reject, "Sign that the plan must not run");
  command
      ->add_flag("--withdraw", options->withdraw,
                 "Take back your own rejection, which approves nothing")
      ->excludes(reject);
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
