// The part of an audit that is about people: whose signatures lie in the case, and whether each
// step that writes production had what the plan's policy asked for at that moment.
#pragma once

#include <vector>

#include "base/result.h"
#include "journal/chain.h"
#include "model/audit.h"
#include "recovery/audit.h"
#include "recovery/case_folder.h"

namespace salvor::recovery {

struct ReviewFindings {
  std::string author_rule;  // as custody::Finding has it
  std::vector<model::AuditedApproval> approvals;
  std::vector<model::KeptHead> kept;  // of genuine statements
  std::vector<model::AuditProblem> problems;
};

// `lines` are those of the journal that are whole. Errors as AuditCase.
Result<ReviewFindings> AuditReviews(const io::FsReader& fs, const Case& incident,
                                    const std::vector<journal::Line>& lines,
                                    const AuditRules& rules);

}  // namespace salvor::recovery
