// A case with its table and with who acts, as every step of a recovery needs them.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "custody/review.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "recovery/case_state.h"
#include "warehouse/engine.h"
#include "workspace/workspace.h"

namespace salvor::workspace {

struct OpenedCase {
  recovery::Case incident;
  std::unique_ptr<warehouse::Engine> engine;
  recovery::Actor by;
};

// The program that signatures are made and checked with. kRefused if salvor.yaml names one that
// somebody else than root could have put there.
Result<std::string> SshKeygenOf(const io::FsReader& fs, const config::Config& config);

// Today's rules for a plan, or for one that is yet to be made of a table: salvor.yaml's, with the
// files that it names. kRefused if everybody may write to one of them.
Result<custody::Rules> LoadRules(Workspace& workspace, const model::Plan& plan);
Result<custody::Rules> LoadRules(Workspace& workspace, const model::TableIdentity& table,
                                 bool takes_rows_out);

// Loads the case in the folder, opens the table that its plan names, and finds out who is acting.
// What the plan pins wins over `flags`.
Result<OpenedCase> OpenCase(Workspace& workspace, const std::string& folder, EngineFlags flags = {},
                            bool allow_other_signers = false);

// Where the case stands, by today's rules; no table is opened.
Result<recovery::CaseState> StateOf(Workspace& workspace, const recovery::Case& incident);

}  // namespace salvor::workspace
