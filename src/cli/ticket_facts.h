// What a ticket says about a case, gathered from its folder.
#pragma once

#include "cli/session.h"
#include "recovery/case_folder.h"
#include "report/ticket.h"

namespace salvor::cli {

// Reads the journal; writes nothing and asks no table.
Result<report::TicketFacts> FactsOf(const Session& session, const recovery::Case& incident,
                                    bool redact);

}  // namespace salvor::cli
