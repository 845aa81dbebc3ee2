#include "cli/ticket_facts.h"

#include <utility>

#include "journal/journal.h"
#include "recovery/activity_log.h"

namespace salvor::cli {

Result<std::vector<std::string>> OperationsOf(Session& session, const model::Plan& plan,
                                              const std::string& digest) {
  workspace::EngineFlags flags;
  flags.pinned = plan.pins;
  SALVOR_TRY(auto engine, session.OpenTable(plan.table.uri, flags));
  return engine->Operations(plan, digest);
}

void AddOperations(Session& session, const recovery::Case& incident, report::TicketFacts& facts) {
  if (facts.redact) return;
  auto listed = OperationsOf(session, incident.plan, incident.digest);
  if (listed) {
    facts.operations = *std::move(listed);
  } else {
    facts.no_operations = listed.error().Message();
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
  facts.words = &session.WordsOf(incident.plan.table);
  return facts;
}

}  // namespace salvor::cli
