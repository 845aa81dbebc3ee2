// Keys of identity columns that would be in the table twice once old rows are back: a table that
// was made again begins to count anew. Source: PROTOCOL.md, "Identity Columns".
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

// A line for each identity column of `today`. `past` are the table's descriptions of the snapshots
// and of right after each of them; `restored` are the files that would come back. How many keys it
// is about is reckoned by the files' statistics, and never less than it is where all tell them.
// kCorrupt for a schema that cannot be read.
Result<std::vector<std::string>> IdentityWarnings(const Metadata& today,
                                                  const std::vector<Metadata>& past,
                                                  const std::vector<const AddFile*>& restored);

}  // namespace salvor::delta
