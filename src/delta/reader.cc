#include "delta/reader.h"

#include "delta/recovery/reader_applied.h"
#include "delta/recovery/reader_compare.h"
#include "delta/recovery/reader_examine.h"
#include "delta/recovery/reader_prove.h"

namespace salvor::delta {

using warehouse::AppliedState;
using warehouse::Wanted;

Result<model::Inventory> DeltaReader::Look(const warehouse::LookRequest& request) {
  return ReadInventory(table_, request);
}

Result<model::SnapshotRef> DeltaReader::VersionAsOf(Instant instant) {
  return delta::VersionAsOf(table_, instant);
}

Result<warehouse::Examination> DeltaReader::Examine(const std::vector<Wanted>& wanted) {
  return delta::Examine(table_, wanted);
}

Result<std::vector<std::string>> DeltaReader::Refusals(const std::vector<Wanted>& wanted) {
  return delta::Refusals(table_, wanted);
}

Result<std::vector<model::Compared>> DeltaReader::Compare(const std::vector<Wanted>& wanted) {
  return delta::Compare(table_, wanted);
}

Result<warehouse::Present> DeltaReader::LookAgain(const model::Plan& plan) {
  return ReadPresent(table_, plan);
}

Result<std::vector<warehouse::Relation>> DeltaReader::Relate(const model::Plan& plan,
                                                             const std::string& plan_digest,
                                                             const std::vector<size_t>& which) {
  return delta::Relate(table_, plan, plan_digest, which);
}

Result<std::optional<AppliedState>> DeltaReader::FindOperation(const model::Plan& plan,
                                                               const std::string& plan_digest,
                                                               const std::string& step) {
  return delta::FindOperation(table_, plan, plan_digest, step);
}

Result<std::vector<model::PartitionProof>> DeltaReader::Prove(const model::Plan& plan,
                                                              const std::string& plan_digest) {
  return delta::Prove(table_, plan, plan_digest);
}

Result<std::vector<std::string>> DeltaReader::ChangesSince(const model::Plan& plan,
                                                           int64_t version) {
  return delta::ChangesSince(table_, plan, version);
}

}  // namespace salvor::delta
