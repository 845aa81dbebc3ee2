#include "cli/ticket_facts.h"

#include "journal/journal.h"
#include "recovery/deeds.h"

namespace salvor::cli {

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
