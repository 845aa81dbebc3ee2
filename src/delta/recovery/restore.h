// runbook step 2 on a Delta table: the staged files back into the table, in one commit.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_log.h"
#include "io/clock.h"
#include "io/fs.h"
#include "warehouse/progress.h"
#include "warehouse/table_writer.h"

namespace salvor::delta {

// The borrowed arguments must outlive the writer.
class DeltaWriter final : public warehouse::TableWriter {
 public:
  DeltaWriter(io::Fs& fs, const io::Clock& clock, Log& log, warehouse::Progress& progress)
      : fs_(fs), clock_(clock), log_(log), progress_(progress) {}

  Result<warehouse::RestoreOutcome> Restore(
      const model::Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::RestoreStep>& steps) override;

 private:
  io::Fs& fs_;
  const io::Clock& clock_;
  Log& log_;
  warehouse::Progress& progress_;
};

}  // namespace salvor::delta
