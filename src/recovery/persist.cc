#include "recovery/persist.h"

#include <utility>

#include "recovery/step.h"

namespace salvor::recovery {

Result<warehouse::Persisted> Persist(io::Fs& fs, const io::Clock& clock, const Case& incident,
                                     const Operator& by, warehouse::StagingStore& staging) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "persist", by));
  if (step.LastDone("clean") != nullptr) {
    return Fail(Code::kRefused, "the case is closed: its private copy was dropped", incident.folder,
                "Plan anew with another --case folder");
  }
  SALVOR_OK(step.Intend({{"staging", incident.plan.staging_root}}));
  auto persisted = staging.Persist(incident.plan, incident.digest);
  if (!persisted) return Fail(step.Failed(std::move(persisted).error()));
  SALVOR_OK(step.Finish({{"place", persisted->place},
                         {"already", persisted->already},
                         {"files", persisted->files},
                         {"linked", persisted->linked},
                         {"copied", persisted->copied},
                         {"privacy", persisted->privacy}}));
  return persisted;
}

}  // namespace salvor::recovery
