// Runbook step 3: the proof, partition by partition, read back from the table.
#pragma once

#include <string>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/proof.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

// Proves the version that apply wrote, stores proof.json (also one that fails), then lists what
// changed since. May be called again at any time while staging is there. kRefused before apply.
Result<model::Proof> Verify(io::Fs& fs, const io::Clock& clock, const Case& incident,
                            const Actor& by, warehouse::TableReader& reader,
                            warehouse::StagingStore& staging);

}  // namespace salvor::recovery
