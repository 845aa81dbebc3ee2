// A second person's word on a case, with today's rules for its table.
#pragma once

#include "base/result.h"
#include "recovery/actor.h"
#include "recovery/approve.h"
#include "recovery/case_folder.h"
#include "workspace/workspace.h"

namespace salvor::workspace {

// Whoever signs as `who`, under today's rules. No table is opened: an approver need not have any
// right to it.
Result<recovery::Actor> ApproverOf(Workspace& workspace, const recovery::Case& incident,
                                   const std::string& who, bool allow_other_signers = false);

// recovery::Approve. A rejection is left on the private copy too, where the table can be opened.
Result<recovery::Approved> ApproveCase(Workspace& workspace, const recovery::Case& incident,
                                       const recovery::Actor& by,
                                       const recovery::ApproveRequest& request);

}  // namespace salvor::workspace
