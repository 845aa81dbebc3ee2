// The heads of a case's journal that its ticket shows, for an audit.
//
// What such a head is worth: whoever wrote it on the ticket knew the journal up to that line. It
// proves as much as the ticket does: nothing against somebody who may write the case's files and
// change what stands on the ticket, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/statement.h"
#include "ticket/tracker.h"

namespace salvor::ticket {

// "salvor-journal LINE HASH" wherever it stands in the text; the lowest line first, each once.
// Nothing of a text that does not name the plan's digest: it may be about another case.
std::vector<model::Anchor> HeadsIn(std::string_view text, std::string_view plan_digest);

// The same of the whole ticket. Errors are those of Tracker::Texts.
Result<std::vector<model::Anchor>> HeadsOn(Tracker& tracker, const std::string& key,
                                           std::string_view plan_digest);

}  // namespace salvor::ticket
