// Runbook step 1: the private copy. Touches nothing in production and needs no approval, because
// the clock runs.
#pragma once

#include <string>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"

namespace salvor::recovery {

// May be killed anywhere and called again. kRefused once the case is closed by `clean`.
Result<warehouse::Persisted> Persist(io::Fs& fs, const io::Clock& clock, const Case& incident,
                                     const Actor& by, warehouse::StagingStore& staging);

}  // namespace salvor::recovery
