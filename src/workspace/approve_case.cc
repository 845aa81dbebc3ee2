#include "workspace/approve_case.h"

#include <memory>
#include <string>
#include <utility>

#include "workspace/opened_case.h"

namespace salvor::workspace {
namespace {

// The private copy, which keeps a rejection; whoever has no right to it can reject all the same.
struct Copy {
  std::unique_ptr<warehouse::Engine> engine;
  std::unique_ptr<warehouse::StagingStore> staging;
  std::string problem;
};

Copy CopyOf(Workspace& workspace, const recovery::Case& incident) {
  Copy copy;
  EngineFlags flags;
  flags.pinned = incident.plan.pins;
  auto engine = workspace.OpenTable(incident.plan.table.uri, flags);
  if (!engine) {
    copy.problem = engine.error().Message();
    return copy;
  }
  copy.engine = *std::move(engine);
  copy.staging = copy.engine->Staging();
  return copy;
}

}  // namespace

Result<recovery::Actor> ApproverOf(Workspace& workspace, const recovery::Case& incident,
                                   const std::string& who, bool allow_other_signers) {
  recovery::Actor by;
  by.identity = {model::IdentityKind::kSigner, who};
  SALVOR_TRY(by.rules, LoadRules(workspace, incident.plan));
  by.rules.allow_other_signers = allow_other_signers;
  by.processes = &workspace.Processes();
  return by;
}

Result<recovery::Approved> ApproveCase(Workspace& workspace, const recovery::Case& incident,
                                       const recovery::Actor& by,
                                       const recovery::ApproveRequest& request) {
  Copy copy;
  if (request.decision == model::Decision::kReject) copy = CopyOf(workspace, incident);
  SALVOR_TRY(recovery::Approved approved,
             recovery::Approve(workspace.Files(), workspace.Clock(), incident, by, request,
                               copy.staging.get()));
  if (!copy.problem.empty()) approved.unmarked = std::move(copy.problem);
  return approved;
}

}  // namespace salvor::workspace
