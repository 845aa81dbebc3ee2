// Taking back what apply did to a Delta table, and nothing else.
#pragma once

#include <string>

#include "base/result.h"
#include "delta/table/table_log.h"
#include "io/clock.h"
#include "io/fs.h"
#include "warehouse/progress.h"
#include "warehouse/table_writer.h"

namespace salvor::delta {

// The borrowed arguments must outlive it.
class DeltaUndoer final : public warehouse::TableUndoer {
 public:
  DeltaUndoer(io::Fs& fs, const io::Clock& clock, Log& log, warehouse::Progress& progress)
      : fs_(fs), clock_(clock), log_(log), progress_(progress) {}

  Result<warehouse::RestoreOutcome> TakeBack(const model::Plan& plan,
                                             const std::string& plan_digest) override;

 private:
  io::Fs& fs_;
  const io::Clock& clock_;
  Log& log_;
  warehouse::Progress& progress_;
};

}  // namespace salvor::delta
