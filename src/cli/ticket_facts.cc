#include "cli/ticket_facts.h"

#include <algorithm>
#include <string_view>

#include "journal/journal.h"
#include "recovery/deeds.h"

namespace salvor::cli {

namespace {

// The pieces between empty lines: a step of the runbook each.
std::vector<std::string> Pieces(const std::string& text) {
  constexpr std::string_view kBetween = "\n\n";
  std::vector<std::string> pieces;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(kBetween, at), text.size());
    pieces.push_back(text.substr(at, end - at));
    at = end + kBetween.size();
  }
  return pieces;
}

Result<std::string> StatementsOf(Session& session, const recovery::Case& incident) {
  TableWishes wishes;
  wishes.pinned = incident.plan.pins;
  SALVOR_TRY(const auto engine, session.OpenTable(incident.plan.table.uri, wishes));
  return engine->ByHand(incident.plan, incident.digest);
}

}  // namespace

void AddStatements(Session& session, const recovery::Case& incident, report::TicketFacts& facts) {
  if (facts.redact || incident.plan.table.engine != "bigquery") return;
  const auto text = StatementsOf(session, incident);
  if (text) {
    facts.statements = Pieces(*text);
  } else {
    facts.no_statements = text.error().Message();
  }
}

Result<report::TicketFacts> FactsOf(const Session& session, const recovery::Case& incident,
                                    bool redact) {
  SALVOR_TRY(const journal::Chain chain,
             journal::ReadJournal(session.Files(), incident.folder, incident.digest));
  report::TicketFacts facts;
  facts.plan = incident.plan;
  facts.digest = incident.digest;
  facts.folder = incident.folder;
  facts.author =
      incident.plan.author ? incident.plan.author->name : recovery::AuthorOf(chain.lines);
  facts.overrides = recovery::OverridesOf(chain.lines);
  facts.head = recovery::HeadOf(chain.lines, incident.digest);
  facts.redact = redact;
  return facts;
}

}  // namespace salvor::cli
