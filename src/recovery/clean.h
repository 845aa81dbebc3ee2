// Runbook step 4: the private copy is dropped, once there is a proof that it is no longer needed.
#pragma once

#include <string>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

enum class CleanWhen { kProven, kAbandoned };

// kProven: only with a proof of this plan that the journal knows by its digest, and after a last
// look at every applied file. kAbandoned: without either; a person gave the recovery up. `false` if
// no private copy was there. May be killed anywhere and called again.
Result<bool> Clean(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                   CleanWhen when, warehouse::TableReader& reader, warehouse::StagingStore& staging,
                   warehouse::StagingDropper& dropper);

}  // namespace salvor::recovery
