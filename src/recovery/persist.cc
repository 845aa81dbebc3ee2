#include "recovery/persist.h"

#include <utility>

#include "recovery/copy_record.h"
#include "recovery/step.h"

namespace salvor::recovery {

Result<warehouse::Persisted> Persist(io::Fs& fs, const io::Clock& clock, const Case& incident,
                                     const Actor& by, warehouse::StagingStore& staging) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "persist", by));
  if (step.LastDone("clean") != nullptr) {
    return Fail(Code::kRefused, "the case is closed: its private copy was dropped", incident.folder,
                "Plan anew with another --case folder");
  }
  SALVOR_OK(step.Intend({{"staging", incident.plan.staging_root}}));
  const Status unchanged = CheckCopyUnchanged(step, incident, staging);
  if (!unchanged) return Fail(step.Failed(unchanged.error()));
  auto persisted = staging.Persist(incident.plan, incident.digest);
  if (!persisted) return Fail(step.Failed(std::move(persisted).error()));
  // Those that were made before there was a copy to keep them.
  for (const auto& [statement, who] : HistoryOf(step).rejections) {
    const auto marked = staging.MarkRejected(incident.plan, incident.digest, statement);
    if (!marked) return Fail(step.Failed(marked.error()));
  }
  nlohmann::json outcome{{"place", persisted->place},   {"already", persisted->already},
                         {"files", persisted->files},   {"linked", persisted->linked},
                         {"copied", persisted->copied}, {"privacy", persisted->privacy}};
  if (!persisted->replaced_place.empty()) outcome["replaced_place"] = persisted->replaced_place;
  if (!persisted->seen.empty()) outcome[kSeen] = ToJson(persisted->seen);
  SALVOR_OK(step.Finish(std::move(outcome)));
  return persisted;
}

}  // namespace salvor::recovery
