// A BigQuery table, read: the seam's reading half.
//
// A version of a table is an instant in milliseconds since 1970, UTC: the version V is the table as
// it was at that instant. An event's version is the first millisecond at which its loss shows, so
// that V - 1 is the last good one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/words.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// The borrowed connection must outlive the reader.
class BigQueryReader final : public warehouse::TableReader {
 public:
  explicit BigQueryReader(const Connection& connection) : connection_(connection) {}

  [[nodiscard]] const model::EngineWords& Words() const override { return bigquery::Words(); }
  Result<model::Inventory> Look(const warehouse::LookRequest& request) override;
  Result<model::SnapshotRef> VersionAsOf(Instant instant) override;
  Result<warehouse::Examination> Examine(const std::vector<warehouse::Wanted>& wanted) override;
  Result<std::vector<std::string>> Refusals(const std::vector<warehouse::Wanted>& wanted) override;

  Result<warehouse::Present> LookAgain(const model::Plan& plan) override;
  Result<std::vector<warehouse::Relation>> Relate(const model::Plan& plan,
                                                  const std::string& plan_digest,
                                                  const std::vector<size_t>& which) override;

  Result<std::optional<warehouse::AppliedState>> FindOperation(const model::Plan& plan,
                                                               const std::string& plan_digest,
                                                               const std::string& step) override;
  Result<std::optional<warehouse::Applied>> FindApplied(const model::Plan& plan,
                                                        const std::string& plan_digest) override;
  Result<std::vector<model::PartitionProof>> Prove(const model::Plan& plan,
                                                   const std::string& plan_digest) override;
  Result<std::vector<std::string>> ChangesSince(const model::Plan& plan, int64_t version) override;

 private:
  const Connection& connection_;
};

}  // namespace salvor::bigquery
