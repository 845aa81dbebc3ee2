// The plan for a table as a person names it: what the engine says of it, with what salvor.yaml and
// the person ask.
#pragma once

#include <string>

#include "base/result.h"
#include "recovery/make_plan.h"
#include "warehouse/engine.h"
#include "workspace/workspace.h"

namespace salvor::workspace {

// `engine` is that of `table`. `staging` is where the person wants the private copy; empty: where
// salvor.yaml or the engine has it. Writes nothing, and may be called again. Errors as
// ProposePlan's and those of salvor.yaml; a place for the private copy that cannot be is found
// before the look, which may take minutes and be billed.
Result<recovery::MadePlan> PlanTable(Workspace& workspace, warehouse::Engine& engine,
                                     const std::string& table, const recovery::PlanRequest& request,
                                     const std::string& staging);

// "event_aggregates_v1-2026-11-30" in the working folder, with "-2" and so on where that is taken
// by anything but this very plan.
Result<std::string> CaseFolderFor(const io::FsReader& fs, const model::Plan& plan, Instant now);

// kRefused where a case in `folder` would lie inside of a Delta table, whose VACUUM deletes what is
// none of its files. Looks at folders only.
Status CheckCaseFolder(const io::FsReader& fs, const std::string& folder);

}  // namespace salvor::workspace
