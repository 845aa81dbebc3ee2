// May this old content be put into today's table? Decided from the two states of the table alone.
//
// Re-adding a file makes it subject to the protocol and metaData of now: readers then apply today's
// features, column mapping and types to a file that was written under older ones. Whatever could
// read differently, or break a rule that today's writers must keep, is refused by name. Source:
// PROTOCOL.md, "Requirements for Writers" and the sections of the features.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"
#include "model/plan.h"

namespace salvor::delta {

// Each answer is the reason for a person, or "" where there is none. kCorrupt for unreadable
// schemas.

// Why salvor may write nothing into this table at all.
std::string TableRefusal(const TableConfiguration& today);
// Why files written under `then` may not become part of the table under `today`.
Result<std::string> SchemaRefusal(const TableConfiguration& then, const TableConfiguration& today);
// Why exactly this change may not be made: `adds` come back, `removed` leave.
std::string FilesRefusal(const TableConfiguration& today, model::Mode mode,
                         const std::vector<AddFile>& adds, const std::vector<AddFile>& removed);

// What follows from putting rows back, for people.
std::vector<std::string> WritingWarnings(const TableConfiguration& today);

// Digests of all that these answers depend on, so that a table that may refuse by now has moved.
// Comments, owners and the like do not enter. `version` is left 0.
Result<model::TableState> DigestConfiguration(const TableConfiguration& configuration);

}  // namespace salvor::delta
