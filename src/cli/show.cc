#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/ticket_facts.h"
#include "report/plan_report.h"
#include "report/ticket.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  std::string ticket;
  bool redact = false;
  bool sql = false;
  bool operations = false;
};

Result<Exit> ShowTicket(Session& session, const recovery::Case& incident, const Options& options) {
  const auto markup = report::MarkupOf(options.ticket);
  if (!markup) return Fail(Code::kInvalidArgument, "no such ticket: " + options.ticket);
  SALVOR_TRY(report::TicketFacts facts, FactsOf(session, incident, options.redact));
  AddOperations(session, incident, facts);
  const std::string title = report::TicketTitle(facts);
  const std::string text =
      report::FormatMarkup(*markup, report::TicketText(facts), report::MostBytes(*markup));
  session.Say(title + "\n\n" + text, {{"case", options.folder},
                                      {"digest", incident.digest},
                                      {"kind", options.ticket},
                                      {"title", title},
                                      {"text", text}});
  return Exit::kDone;
}

// Text that goes to a file or a shell: as it is.
Result<Exit> ShowByHand(Session& session, const CaseOptions& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  SALVOR_TRY(const std::string text, open.engine->ByHand(open.incident.plan, open.incident.digest));
  session.Say(text, {{"case", options.folder}, {"digest", open.incident.digest}, {"sql", text}});
  return Exit::kDone;
}

// Which rule holds for the author; empty where nobody must approve.
std::string AuthorOf(Session& session, const recovery::Case& incident) {
  recovery::Actor by;
  auto rules = workspace::LoadRules(session, incident.plan);
  if (!rules) return "cannot be said: " + rules.error().Message();
  by.rules = *std::move(rules);
  by.processes = &session.Processes();
  return recovery::AuthorRuleOf(session.Files(), incident, by, session.Clock().Now());
}

// Every one of them, however many: a ticket may hold a part only.
Result<Exit> ShowOperations(Session& session, const recovery::Case& incident,
                            const Options& options) {
  SALVOR_TRY(const auto operations, OperationsOf(session, incident.plan, incident.digest));
  std::string text;
  for (const std::string& operation : operations) {
    for (size_t at = 0; at <= operation.size();) {
      const size_t end = std::min(operation.find('\n', at), operation.size());
      text += Printable(operation.substr(at, end - at)) + "\n";
      at = end + 1;
    }
  }
  session.Say(text,
              {{"case", options.folder}, {"digest", incident.digest}, {"operations", operations}});
  return Exit::kDone;
}

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  if (incident.plan.review.waived) {
    session.Warn("REVIEW TURNED OFF: salvor.yaml said approvals: 0 when the plan was made");
  }
  if (!options.ticket.empty()) return ShowTicket(session, incident, options);
  if (options.operations) return ShowOperations(session, incident, options);
  WarnOfRowsThatGo(session, incident.plan);
  const auto state = workspace::StateOf(session, incident);
  const std::string author = AuthorOf(session, incident);
  session.Say((state ? report::StateText(state->text, state->details, state->next)
                     : report::StateText("cannot be said: " + state.error().Message(), {}, {})) +
                  "\n" +
                  report::PlanText(incident.plan, incident.digest,
                                   session.WordsOf(incident.plan.table), Session::Width()) +
                  (author.empty() ? "" : "author: " + Printable(author) + "\n"),
              {{"case", options.folder},
               {"digest", incident.digest},
               {"author", author},
               {"state", state ? recovery::ToJson(*state) : nlohmann::json(nullptr)},
               {"plan", nlohmann::json::parse(model::FormatPlan(incident.plan), nullptr, false)}});
  return Exit::kDone;
}

}  // namespace

void AddShow(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = AddCaseCommand(app, "show", "The plan, for a person", options);
  auto* ticket = command
                     ->add_option("--ticket", options->ticket,
                                  "The ticket's text instead: what a reviewer needs")
                     ->check(CLI::IsMember({"jira", "bugzilla", "github", "markdown"}));
  command->add_flag("--redact", options->redact, "No partition values in the ticket")
      ->needs(ticket);
  auto* operations = command->add_flag("--operations", options->operations,
                                       "What persist and apply will run, word for word");
  operations->excludes(ticket);
  command
      ->add_flag("--sql", options->sql,
                 "The same recovery as GoogleSQL and bq commands, to run by hand")
      ->excludes(ticket)
      ->excludes(operations);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return options->sql ? ShowByHand(session, *options) : Run(session, *options);
    };
  });
}

}  // namespace salvor::cli
