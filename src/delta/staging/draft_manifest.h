// What a private copy will hold, before anything is linked.
#pragma once

#include <string>

#include "base/result.h"
#include "delta/commit/table_files.h"
#include "delta/staging/manifest.h"
#include "delta/table/partition_files.h"
#include "model/plan.h"

namespace salvor::delta {

// The manifest of what is to be staged, with every name, but nothing looked up on the disk; sizes,
// modes and groups are not filled in. `gathered` is what the log says of WantedOf(plan); kStale if
// that is not what the plan pins.
Result<Manifest> DraftManifest(const model::Plan& plan, const std::string& plan_digest,
                               Gathered gathered, SourceFiles& sources);

}  // namespace salvor::delta
