// What a ticket says about a case, gathered from its folder.
#pragma once

#include "cli/session.h"
#include "recovery/case_folder.h"
#include "report/ticket.h"

namespace salvor::cli {

// Reads the journal; writes nothing and asks no table.
Result<report::TicketFacts> FactsOf(const Session& session, const recovery::Case& incident,
                                    bool redact);

// Adds the statements that will run, where the table's engine runs any: asks its service. That it
// cannot be asked stops no ticket, which then says so.
void AddStatements(Session& session, const recovery::Case& incident, report::TicketFacts& facts);

}  // namespace salvor::cli
