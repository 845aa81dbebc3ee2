#include "recovery/undo.h"

#include <utility>

#include "recovery/copy_record.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

Result<warehouse::RestoreOutcome> TakeBack(const Case& incident, warehouse::TableReader& reader,
                                           warehouse::TableUndoer& undoer) {
  SALVOR_TRY(auto applied, reader.FindOperation(incident.plan, incident.digest, "apply"));
  if (!applied) {
    return Fail(Code::kRefused, "the table does not remember that this plan was applied",
                incident.plan.table.uri, "There is nothing to undo");
  }
  return undoer.TakeBack(incident.plan, incident.digest);
}

}  // namespace

Result<warehouse::RestoreOutcome> Undo(io::Fs& fs, const io::Clock& clock, const Case& incident,
                                       const Actor& by, warehouse::TableReader& reader,
                                       warehouse::StagingStore& staging,
                                       warehouse::TableUndoer& undoer) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "undo", by));
  SALVOR_TRY(const custody::Finding review,
             CheckReview(fs, clock, incident, step, model::Verb::kUndo, by, staging));
  SALVOR_OK(CheckCopyUnchanged(step, incident, staging));
  nlohmann::json intent{{"operation", model::OperationKey(incident.digest, "undo")}};
  AddReview(review, by, intent);
  SALVOR_OK(step.Intend(std::move(intent)));
  auto outcome = TakeBack(incident, reader, undoer);
  if (!outcome) return Fail(step.Failed(std::move(outcome).error()));
  SALVOR_OK(step.Finish({{"version", outcome->version},
                         {"already", outcome->kind == warehouse::RestoreOutcome::Kind::kAlready},
                         {"files", outcome->files}}));
  return outcome;
}

}  // namespace salvor::recovery
