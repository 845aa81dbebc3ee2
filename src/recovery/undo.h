// Takes back exactly what apply did, while nothing else has touched it. Afterwards the plan is
// spent.
#pragma once

#include <string>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"
#include "warehouse/table_reader.h"
#include "warehouse/table_writer.h"

namespace salvor::recovery {

// kRefused if the plan was not applied, or if somebody changed the private copy, from which
// replaced partitions get back what they held; kStale if somebody else touched the partitions
// since. May be killed anywhere and called again.
Result<warehouse::RestoreOutcome> Undo(io::Fs& fs, const io::Clock& clock, const Case& incident,
                                       const Actor& by, warehouse::TableReader& reader,
                                       warehouse::StagingStore& staging,
                                       warehouse::TableUndoer& undoer);

}  // namespace salvor::recovery
