// A Delta table, read: the seam's reading half.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/table/table_access.h"
#include "delta/table/table_log.h"
#include "delta/words.h"
#include "io/fs.h"
#include "warehouse/progress.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

// The borrowed arguments must outlive the reader.
class DeltaReader final : public warehouse::TableReader {
 public:
  DeltaReader(const io::FsReader& fs, Log& log, Duck& duck, warehouse::Progress& progress)
      : table_{fs, log, duck, progress} {}

  [[nodiscard]] const model::EngineWords& Words() const override { return delta::Words(); }
  Result<model::Inventory> Look(const warehouse::LookRequest& request) override;
  Result<model::SnapshotRef> VersionAsOf(Instant instant) override;
  Result<warehouse::Examination> Examine(const std::vector<warehouse::Wanted>& wanted) override;
  // Opens no data file, and looks for none.
  Result<std::vector<std::string>> Refusals(const std::vector<warehouse::Wanted>& wanted) override;

  // Reads the rows of both.
  Result<std::vector<model::Compared>> Compare(
      const std::vector<warehouse::Wanted>& wanted) override;
  Result<warehouse::Present> LookAgain(const model::Plan& plan) override;
  Result<std::vector<warehouse::Relation>> Relate(const model::Plan& plan,
                                                  const std::string& plan_digest,
                                                  const std::vector<size_t>& which) override;

  Result<std::optional<warehouse::AppliedState>> FindOperation(const model::Plan& plan,
                                                               const std::string& plan_digest,
                                                               const std::string& step) override;
  Result<std::vector<model::PartitionProof>> Prove(const model::Plan& plan,
                                                   const std::string& plan_digest) override;
  Result<std::vector<std::string>> ChangesSince(const model::Plan& plan, int64_t version) override;

 private:
  TableAccess table_;
};

}  // namespace salvor::delta
