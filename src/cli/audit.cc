#include "recovery/audit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "config/load.h"
#include "io/environment.h"
#include "io/terminal.h"
#include "report/audit_report.h"
#include "ticket/journal_heads.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  std::vector<std::string> heads;
  std::string signers;
  std::string revoked;
  std::string ticket;      // its key, as a person knows it
  bool no_ticket = false;  // the one that the journal names is not asked
};

// "12 <hash>" or "salvor-journal 12 <hash>", as it stands on a ticket.
Result<model::KeptHead> ParseHead(const std::string& text) {
  std::string rest = text;
  constexpr std::string_view kMark = "salvor-journal ";
  if (rest.starts_with(kMark)) rest.erase(0, kMark.size());
  const size_t space = rest.find(' ');
  model::KeptHead kept;
  kept.keeper = "the ticket (--head)";
  const char* end = rest.data() + std::min(space, rest.size());
  const auto [stop, error] = std::from_chars(rest.data(), end, kept.head.line);
  if (space != std::string::npos) kept.head.hash = rest.substr(space + 1);
  const bool hash = kept.head.hash.size() == 64 &&
                    kept.head.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (error == std::errc() && stop == end && kept.head.line >= 0 && hash) return kept;
  return Fail(Code::kInvalidArgument, "that is no head of a journal", text,
              "Copy it from the ticket: a line's number, a space and 64 digits");
}

Exit ExitOf(const model::Audit& audit) {
  const bool altered =
      std::any_of(audit.problems.begin(), audit.problems.end(),
                  [](const auto& problem) { return problem.code == Code::kCorrupt; });
  if (altered) return ExitFor(Code::kCorrupt);
  return audit.problems.empty() ? Exit::kDone : ExitFor(Code::kRefused);
}

constexpr int64_t kLargestSigners = int64_t{4} << 20U;  // bytes

// allowed_signers as named here, else as salvor.yaml names it; another machine may have neither.
Result<recovery::AuditRules> RulesFor(Session& session, const Options& options) {
  recovery::AuditRules rules;
  rules.words = [&session](const model::TableIdentity& table) -> const model::EngineWords& {
    return session.WordsOf(table);
  };
  rules.shared = [&session](const model::TableIdentity& table) {
    return session.EngineOf(table.uri).shared;
  };
  rules.processes = &session.Processes();
  rules.now = session.Clock().Now();
  rules.signers_path = options.signers;
  std::string revoked = options.revoked;
  const auto config = session.Config();
  if (!config && rules.signers_path.empty()) return Fail(Error(config.error()));
  if (config && rules.signers_path.empty()) {
    rules.signers_path = (*config)->allowed_signers;
    if (revoked.empty()) revoked = (*config)->revoked;
  }
  if (config) {
    SALVOR_TRY(rules.ssh_keygen, workspace::SshKeygenOf(session.Files(), **config));
  }
  if (!rules.signers_path.empty()) {
    SALVOR_OK(config::CheckNotOpenToAll(session.Files(), rules.signers_path));
    SALVOR_TRY(rules.signers.allowed,
               session.Files().ReadFile(rules.signers_path, kLargestSigners));
  }
  if (!revoked.empty()) {
    SALVOR_TRY(rules.signers.revoked, session.Files().ReadFile(revoked, kLargestSigners));
  }
  return rules;
}

// What the ticket itself keeps, asked of the tracker.
Result<std::vector<model::KeptHead>> HeadsOfTicket(ticket::Tracker& tracker,
                                                   const model::NamedTicket& named,
                                                   const std::string& plan_digest) {
  SALVOR_TRY(const ticket::Ticket ticket, tracker.Named(named.key));
  SALVOR_TRY(const auto heads, ticket::HeadsOn(tracker, ticket.key, plan_digest));
  std::vector<model::KeptHead> kept;
  kept.reserve(heads.size());
  for (const model::Anchor& head : heads) {
    kept.push_back({"ticket " + ticket.url, head, false, named.line, false});
  }
  return kept;
}

// Audits once more where a ticket has something to say. Only a ticket that a person asked for must
// be reachable.
Result<model::Audit> AskTicket(Session& session, const Options& options,
                               std::vector<model::KeptHead> kept, const recovery::AuditRules& rules,
                               model::Audit audit) {
  const bool wanted = !options.ticket.empty();
  if (options.no_ticket || (!wanted && !audit.ticket)) return audit;
  auto connected = ConnectTracker(session);
  if (connected && !*connected && !wanted) return audit;
  if (connected && !*connected) {
    return Fail(Code::kInvalidArgument, "salvor.yaml has no tickets section to ask with", {},
                "Give the head that stands on the ticket with --head");
  }
  const auto named = wanted ? model::NamedTicket{options.ticket, 0} : *audit.ticket;
  auto heads = connected ? HeadsOfTicket(*(*connected)->tracker, named, audit.digest)
                         : Result<std::vector<model::KeptHead>>(
                               tl::unexpected<Error>(std::move(connected).error()));
  if (!heads && wanted) return Fail(std::move(heads).error());
  if (!heads) {
    Session::Tell(Printable(fmt::format("salvor: ticket {} was not asked for what it keeps: {}",
                                        named.key, heads.error().Message())));
    return audit;
  }
  if (heads->empty()) {
    Session::Tell(Printable("salvor: ticket " + named.key + " keeps no head of this case"));
    return audit;
  }
  std::move(heads->begin(), heads->end(), std::back_inserter(kept));
  return recovery::AuditCase(session.Files(), options.folder, std::move(kept), rules);
}

Result<Exit> Run(Session& session, const Options& options) {
  std::vector<model::KeptHead> kept;
  for (const std::string& text : options.heads) {
    SALVOR_TRY(model::KeptHead head, ParseHead(text));
    kept.push_back(std::move(head));
  }
  SALVOR_TRY(const recovery::AuditRules rules, RulesFor(session, options));
  SALVOR_TRY(model::Audit audit, recovery::AuditCase(session.Files(), options.folder, kept, rules));
  SALVOR_TRY(audit, AskTicket(session, options, std::move(kept), rules, std::move(audit)));
  const bool red = io::IsTerminal(STDOUT_FILENO) && !io::SystemEnvironment().Get("NO_COLOR");
  session.Say(report::AuditText(audit, red), report::AuditToJson(audit));
  if (!audit.problems.empty()) {
    Session::Tell(Printable(fmt::format("salvor: {} in the case; the first: {}",
                                        Plural(std::ssize(audit.problems), "problem"),
                                        audit.problems.front().what)));
  }
  return ExitOf(audit);
}

}  // namespace

void AddAudit(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command =
      AddCaseCommand(app, "audit", "Who did what when; finds any line that was edited", options);
  command
      ->add_option("--head", options->heads,
                   "A head of the journal that the ticket keeps: \"LINE HASH\"; may be repeated")
      ->allow_extra_args(false);
  auto* ticket = command->add_option(
      "--ticket", options->ticket,
      "The case's ticket, as you know it: the tracker of salvor.yaml is asked for the heads that "
      "stand there, and they vouch for the journal");
  command
      ->add_flag("--no-ticket", options->no_ticket,
                 "Do not ask the tracker for the ticket that the journal names")
      ->excludes(ticket);
  command->add_option("--allowed-signers", options->signers,
                      "Who may sign, as ssh-keygen reads it; else what salvor.yaml names");
  command->add_option("--revoked", options->revoked, "Keys that no longer count, or a KRL");
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
