// A Delta table in an object store, behind the warehouse seam: looked at, and not yet written.
#pragma once

#include <memory>

#include "base/result.h"
#include "io/clock.h"
#include "objects/store/address.h"
#include "objects/store/store.h"
#include "warehouse/engine.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// Reads the listing of the log: kNotFound if there is none. Look and VersionAsOf do what they do
// on a file system; all else is kUnsupported, or a refusal where the seam has one. Clock and
// progress must outlive the engine.
Result<std::unique_ptr<warehouse::Engine>> MakeStoreEngine(
    std::shared_ptr<objects::StoreReader> store, const objects::Address& address,
    const io::Clock& clock, warehouse::Progress& progress);

}  // namespace salvor::delta
