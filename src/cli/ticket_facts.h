// What a ticket says about a case, gathered from its folder.
#pragma once

#include "cli/session.h"
#include "recovery/case_folder.h"
#include "report/ticket.h"

namespace salvor::cli {

// What will run, one text for each statement, command or operation on files. Asks the table, and
// changes nothing.
Result<std::vector<std::string>> OperationsOf(Session& session, const model::Plan& plan,
                                              const std::string& digest);

// Reads the journal; writes nothing and asks no table.
Result<report::TicketFacts> FactsOf(const Session& session, const recovery::Case& incident,
                                    bool redact);

// Adds what will run, unless that is to be left out: asks the table. That it cannot be asked stops
// no ticket, which then says so.
void AddOperations(Session& session, const recovery::Case& incident, report::TicketFacts& facts);

}  // namespace salvor::cli
