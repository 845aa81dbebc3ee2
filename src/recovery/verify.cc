#include "recovery/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "recovery/copy_record.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

// The version whose content is to be proven: the one that apply wrote, or, where apply found
// everything there already and wrote nothing, the one it looked at.
Result<int64_t> AppliedVersion(const Step& step, const Case& incident,
                               warehouse::TableReader& reader) {
  SALVOR_TRY(const auto applied, reader.FindApplied(incident.plan, incident.digest));
  if (applied) return applied->version;
  const journal::Line* record = step.LastDone("apply");
  if (record == nullptr || Member(*record, "skipped").empty()) {
    return Fail(Code::kRefused, "there is nothing to verify: the plan was not applied",
                incident.folder, "Run salvor apply first");
  }
  SALVOR_TRY(warehouse::Present present, reader.LookAgain(incident.plan));
  return present.state.version;
}

// The engine remembers it also where another machine's journal does not.
Status CheckNotUndone(const Case& incident, warehouse::TableReader& reader) {
  SALVOR_TRY(const auto undone, reader.FindOperation(incident.plan, incident.digest, "undo"));
  if (!undone) return Done{};
  return Fail(Code::kRefused,
              fmt::format("this plan was undone {}: its rows were taken out of the table again",
                          reader.Words().InVersion(undone->applied.version)),
              incident.plan.table.uri,
              "There is nothing to verify. To restore again, plan anew with another --case folder; "
              "salvor clean --abandon drops the private copy");
}

Result<model::Proof> ProveCase(Step& step, const Case& incident, warehouse::TableReader& reader,
                               warehouse::StagingStore& staging) {
  SALVOR_OK(CheckNotUndone(incident, reader));
  model::Proof proof;
  proof.plan_digest = incident.digest;
  proof.operation_key = model::OperationKey(incident.digest, "apply");
  proof.columns = incident.plan.columns;
  SALVOR_TRY(proof.version, AppliedVersion(step, incident, reader));
  SALVOR_TRY(auto persisted, staging.Find(incident.plan, incident.digest));
  if (!persisted) {
    return Fail(Code::kRefused, "the private copy is gone, so there is nothing to compare with",
                incident.plan.staging_root,
                step.LastDone("clean") != nullptr
                    ? "The case is closed; its proof is in proof.json"
                    : "Look who dropped it. While time travel reaches the old rows, salvor persist "
                      "makes it again");
  }
  SALVOR_OK(CheckCopyUnchanged(step, incident, staging));
  proof.staging = persisted->place + ": " + persisted->privacy;
  SALVOR_TRY(proof.partitions, reader.Prove(incident.plan, incident.digest));
  proof.proven = !proof.partitions.empty() &&
                 std::all_of(proof.partitions.begin(), proof.partitions.end(),
                             [](const model::PartitionProof& one) { return one.proven; });
  SALVOR_TRY(proof.changed_since, reader.ChangesSince(incident.plan, proof.version));
  return proof;
}

}  // namespace

Result<model::Proof> Verify(io::Fs& fs, const io::Clock& clock, const Case& incident,
                            const Actor& by, warehouse::TableReader& reader,
                            warehouse::StagingStore& staging) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "verify", by));
  SALVOR_OK(step.Intend(nlohmann::json::object()));
  auto proof = ProveCase(step, incident, reader, staging);
  if (!proof) return Fail(step.Failed(std::move(proof).error()));
  SALVOR_TRY(std::string digest, StoreProof(fs, incident, *proof));
  SALVOR_OK(step.Finish({{"version", proof->version},
                         {"proven", proof->proven},
                         {"partitions", proof->partitions.size()},
                         {"proof", digest}}));
  return proof;
}

}  // namespace salvor::recovery
