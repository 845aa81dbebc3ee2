#include "cli/tracker_wiring.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "cli/ticket_facts.h"
#include "http/curl_client.h"
#include "io/environment.h"
#include "io/process.h"
#include "io/random.h"
#include "recovery/step.h"
#include "report/ticket.h"
#include "workspace/progress_client.h"

namespace salvor::cli {
namespace {

constexpr int64_t kLargestToken = int64_t{64} << 10U;
constexpr size_t kMark = 12;  // digits of the digest that stand in the title

Result<std::string> TokenOf(Session& session, const config::Tickets& tickets) {
  if (!tickets.token_file.empty()) {
    SALVOR_TRY(const std::string bytes,
               session.Files().ReadFile(tickets.token_file, kLargestToken));
    return std::string(Trim(bytes));
  }
  SALVOR_TRY(const io::CommandResult result,
             session.Processes().Run({.words = tickets.token_command}));
  if (result.exit_code != 0) {
    return Fail(Code::kUnavailable,
                fmt::format("the program that gives the tracker's token ended with exit code {}",
                            result.exit_code),
                tickets.token_command.front(), "Run it by hand to see why");
  }
  return std::string(Trim(result.output));
}

ticket::Settings SettingsOf(const config::Tickets& tickets) {
  ticket::Settings settings;
  settings.kind = tickets.kind == "jira"       ? ticket::Kind::kJira
                  : tickets.kind == "bugzilla" ? ticket::Kind::kBugzilla
                                               : ticket::Kind::kGithub;
  settings.url = tickets.url;
  settings.project = tickets.project;
  settings.issue_type = tickets.issue_type;
  settings.api = static_cast<int>(tickets.api);
  settings.user = tickets.user;
  settings.product = tickets.product;
  settings.component = tickets.component;
  if (!tickets.version.empty()) settings.version = tickets.version;
  settings.repository = tickets.repository;
  return settings;
}

report::Markup MarkupFor(const config::Tickets& tickets) {
  if (tickets.kind == "jira") {
    return tickets.api == 3 ? report::Markup::kAdf : report::Markup::kJira;
  }
  return tickets.kind == "bugzilla" ? report::Markup::kBugzilla : report::Markup::kGithub;
}

Result<ticket::TicketTexts> WordingOf(Session& session, const recovery::Case& incident,
                                      report::Markup markup, bool redact) {
  SALVOR_TRY(report::TicketFacts facts, FactsOf(session, incident, redact));
  ticket::TicketTexts wording;
  wording.words = facts.words;
  wording.title = report::TicketTitle(facts);
  wording.mark = incident.digest.substr(0, kMark);
  wording.redact = redact;
  wording.head = report::HeadMark;
  wording.body = [facts, markup, &session, &incident](const model::Anchor& head) mutable {
    facts.head = head;
    AddOperations(session, incident, facts);
    return report::FormatMarkup(markup, report::TicketText(facts), report::MostBytes(markup));
  };
  wording.comment = [digest = incident.digest, markup](
                        const std::vector<model::Activity>& activities, const model::Anchor& head) {
    return report::FormatMarkup(markup, report::TicketComment(digest, activities, head),
                                report::MostBytes(markup));
  };
  return wording;
}

Status TellNow(Session& session, const recovery::Case& incident, bool& in_journal) {
  SALVOR_TRY(auto wiring, WireTracker(session, incident, false));
  if (!wiring) {
    return Fail(Code::kNotFound, "salvor.yaml has no tickets section", {},
                "Run it where salvor.yaml is, or name it with --config");
  }
  in_journal = true;
  SALVOR_TRY([[maybe_unused]] const bool told,
             ticket::TellTicket(session.Files(), session.Clock(), incident, session.Who(),
                                *wiring->tracker, wiring->wording));
  return Done{};
}

}  // namespace

Result<std::optional<Connected>> ConnectTracker(Session& session) {
  SALVOR_TRY(const config::Config* team, session.Config());
  const std::optional<config::Tickets>& tickets = team->tickets;
  if (!tickets) return std::optional<Connected>();
  SALVOR_TRY(const std::string token, TokenOf(session, *tickets));
  Connected connected;
  connected.client =
      std::make_unique<http::CurlClient>(http::CurlOptionsFrom(io::SystemEnvironment()));
  connected.waiting =
      std::make_unique<workspace::ProgressClient>(*connected.client, session.Progress());
  SALVOR_TRY(connected.tracker,
             ticket::MakeTracker(SettingsOf(*tickets), token, *connected.waiting, session.Clock(),
                                 io::SystemRandom(),
                                 workspace::NoteRetries(session.Clock(), session.Progress())));
  return std::optional<Connected>(std::move(connected));
}

Result<std::optional<Wiring>> WireTracker(Session& session, const recovery::Case& incident,
                                          bool redact) {
  SALVOR_TRY(auto connected, ConnectTracker(session));
  if (!connected) return std::optional<Wiring>();
  Wiring wiring{std::move(connected->client),
                std::move(connected->waiting),
                std::move(connected->tracker),
                {}};
  SALVOR_TRY(const config::Config* team, session.Config());
  SALVOR_TRY(wiring.wording, WordingOf(session, incident, MarkupFor(*team->tickets),
                                       redact || team->tickets->redact));
  return std::optional<Wiring>(std::move(wiring));
}

Result<Exit> TellingTicket(Session& session, const std::string& folder, Result<Exit> result) {
  const auto incident = recovery::LoadCase(session.Files(), folder);
  if (!incident) return result;
  const auto key = ticket::TicketOf(session.Files(), *incident);
  if (!key || !*key) return result;
  bool in_journal = false;
  const Status told = TellNow(session, *incident, in_journal);
  if (told) return result;
  Session::Tell(
      Printable(fmt::format("salvor: ticket {} was not told: {}. The recovery does not "
                            "depend on it; salvor ticket tell makes up for it",
                            **key, told.error().Message())));
  if (in_journal) return result;
  auto step =
      recovery::Step::Begin(session.Files(), session.Clock(), *incident, "ticket", session.Who());
  if (step) {
    [[maybe_unused]] const Status noted = step->Note(
        {{"text", fmt::format("ticket {} was not told: {}", **key, told.error().Message())}});
  }
  return result;
}

}  // namespace salvor::cli
