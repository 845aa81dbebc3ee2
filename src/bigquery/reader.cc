#include "bigquery/reader.h"

#include "bigquery/history/look.h"
#include "bigquery/plan/examine.h"
#include "bigquery/recovery/reader_present.h"
#include "bigquery/recovery/reader_prove.h"

namespace salvor::bigquery {

using warehouse::AppliedState;
using warehouse::Wanted;

Result<model::Inventory> BigQueryReader::Look(const warehouse::LookRequest& request) {
  SALVOR_TRY(model::Inventory inventory, ReadInventory(connection_, request));
  inventory.gone = kGone;
  return inventory;
}

Result<model::SnapshotRef> BigQueryReader::VersionAsOf(Instant instant) {
  return bigquery::VersionAsOf(connection_, instant);
}

Result<warehouse::Examination> BigQueryReader::Examine(const std::vector<Wanted>& wanted) {
  return bigquery::Examine(connection_, wanted);
}

Result<std::vector<std::string>> BigQueryReader::Refusals(const std::vector<Wanted>& wanted) {
  return bigquery::Refusals(connection_, wanted);
}

Result<warehouse::Present> BigQueryReader::LookAgain(const model::Plan& plan) {
  return ReadPresent(connection_, plan);
}

Result<std::vector<warehouse::Relation>> BigQueryReader::Relate(const model::Plan& plan,
                                                                const std::string& plan_digest,
                                                                const std::vector<size_t>& which) {
  return bigquery::Relate(connection_, plan, plan_digest, which);
}

Result<std::optional<AppliedState>> BigQueryReader::FindOperation(const model::Plan& plan,
                                                                  const std::string& plan_digest,
                                                                  const std::string& step) {
  return bigquery::FindOperation(connection_, plan, plan_digest, step);
}

Result<std::optional<warehouse::Applied>> BigQueryReader::FindApplied(
    const model::Plan& plan, const std::string& plan_digest) {
  return bigquery::FindApplied(connection_, plan, plan_digest);
}

Result<std::vector<model::PartitionProof>> BigQueryReader::Prove(const model::Plan& plan,
                                                                 const std::string& plan_digest) {
  return bigquery::Prove(connection_, plan, plan_digest);
}

Result<std::vector<std::string>> BigQueryReader::ChangesSince(const model::Plan& plan,
                                                              int64_t version) {
  return bigquery::ChangesSince(connection_, plan, version);
}

}  // namespace salvor::bigquery
