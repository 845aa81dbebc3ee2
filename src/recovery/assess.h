// How each partition of a table is, and what could be brought back: what status prints.
#pragma once

#include "base/result.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

// triage's judgement of what `reader` looked at, with the evidence for partial and changed
// partitions filled in by the engine. What the engine would refuse to plan is not called
// recoverable. Writes nothing, and may be called again. Errors as the reader's; a snapshot that can
// no longer be read is an answer, not an error.
Result<model::Assessment> Assess(warehouse::TableReader& reader, const model::Inventory& inventory);

}  // namespace salvor::recovery
