#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  std::string key;
  bool redact = false;
};

Result<Wiring> Wire(Session& session, const recovery::Case& incident, bool redact) {
  SALVOR_TRY(auto wiring, WireTracker(session, incident, redact));
  if (wiring) return std::move(*wiring);
  return Fail(Code::kInvalidArgument, "salvor.yaml has no tickets section", {},
              "Write one, or paste what salvor show CASE --ticket prints");
}

Result<Exit> Open(Session& session, const Options& options) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  SALVOR_TRY(const Wiring wiring, Wire(session, incident, options.redact));
  SALVOR_TRY(const ticket::Opened opened,
             ticket::OpenTicket(session.Files(), session.Clock(), incident, session.Who(),
                                *wiring.tracker, wiring.wording,
                                options.key.empty() ? std::nullopt : std::optional(options.key)));
  session.Say(fmt::format("{} {}: {}\n", opened.already ? "there is a ticket:" : "opened ticket",
                          opened.ticket.key, Printable(opened.ticket.url)),
              {{"case", options.folder},
               {"key", opened.ticket.key},
               {"url", opened.ticket.url},
               {"already", opened.already}});
  return Exit::kDone;
}

Result<Exit> Tell(Session& session, const Options& options) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  SALVOR_TRY(const auto key, ticket::TicketOf(session.Files(), incident));
  if (!key) {
    return Fail(Code::kRefused, "the case has no ticket yet", options.folder,
                "Run salvor ticket open first");
  }
  SALVOR_TRY(const Wiring wiring, Wire(session, incident, options.redact));
  SALVOR_TRY(const bool told, ticket::TellTicket(session.Files(), session.Clock(), incident,
                                                 session.Who(), *wiring.tracker, wiring.wording));
  session.Say(
      fmt::format("ticket {}: {}\n", Printable(*key), told ? "told" : "knows everything already"),
      {{"case", options.folder}, {"key", *key}, {"told", told}});
  return Exit::kDone;
}

}  // namespace

void AddTicket(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("ticket", "The case's ticket, where salvor.yaml names a tracker");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* open = AddCaseCommand(
      *command, "open", "Opens the ticket; each later step is told there as a comment", options);
  open->add_option("--key", options->key, "Put it on this ticket, which a person opened");
  open->add_flag("--redact", options->redact, "No partition values on the ticket");
  open->callback([options, &action] {
    action = [options](Session& session) { return Open(session, *options); };
  });
  auto* tell =
      AddCaseCommand(*command, "tell", "Tells the ticket what it does not know yet", options);
  tell->callback([options, &action] {
    action = [options](Session& session) { return Tell(session, *options); };
  });
}

}  // namespace salvor::cli
