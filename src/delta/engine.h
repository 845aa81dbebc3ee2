// A Delta table on this machine's file system, behind the warehouse seam.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "delta/staging/staging_options.h"
#include "io/clock.h"
#include "io/fs.h"
#include "warehouse/engine.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// Opens nothing yet beyond the listing of the log: kNotFound if this is no Delta table. The
// borrowed file system, clock and progress must outlive the engine.
Result<std::unique_ptr<warehouse::Engine>> MakeEngine(io::Fs& fs, const io::Clock& clock,
                                                      warehouse::Progress& progress,
                                                      const std::string& table_path,
                                                      PersistOptions options = {});

}  // namespace salvor::delta
