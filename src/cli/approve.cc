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
  request.key = {options.who, options.key, !session.Set().no_input};
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
          {"unproven", approved.unproven},
          {"unmarked", approved.unmarked}};
}

// The private copy, which keeps a rejection; whoever has no right to it can reject all the same.
struct Copy {
  std::unique_ptr<warehouse::Engine> engine;
  std::unique_ptr<warehouse::StagingStore> staging;
  std::string problem;
};

Copy CopyOf(Session& session, const recovery::Case& incident, const Options& options) {
  Copy copy;
  if (!options.reject) return copy;
  TableWishes wishes;
  wishes.pinned = incident.plan.pins;
  auto engine = session.OpenTable(incident.plan.table.uri, wishes);
  if (!engine) {
    copy.problem = engine.error().Message();
    return copy;
  }
  copy.engine = *std::move(engine);
  copy.staging = copy.engine->Staging();
  return copy;
}

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(const recovery::ApproveRequest request, RequestOf(session, options));
  SALVOR_TRY(const recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  SALVOR_TRY(const recovery::Operator by, Approver(session, incident, options));
  WarnOfOverrides(session, incident.plan, by);
  if (!session.Set().json) {
    Session::Tell(Printable(incident.plan.table.uri + ": " + report::PlanSummary(incident.plan)));
  }
  const Copy copy = CopyOf(session, incident, options);
  SALVOR_TRY(recovery::Approved approved,
             recovery::Approve(session.Files(), session.Clock(), incident, by, request,
                               copy.staging.get()));
  if (!copy.problem.empty()) approved.unmarked = copy.problem;
  const model::Statement& statement = approved.statement;
  const bool rejected = statement.decision == model::Decision::kReject;
  std::string text =
      fmt::format("{} by {} ({})\nplan {}\n{}\n", rejected ? "rejected" : "approved",
                  Printable(statement.who), approved.key, statement.plan, Printable(approved.path));
  if (statement.expires) text += "expires " + FormatInstant(*statement.expires) + "\n";
  for (const std::string& open : approved.unproven) text += "unproven: " + Printable(open) + "\n";
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
