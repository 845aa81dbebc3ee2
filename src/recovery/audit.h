// Who did what when, and whether the case's files can be believed. Looks at the case's folder only:
// no table, no network, no salvor.yaml, so that it works on any machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "custody/ssh_keygen.h"
#include "io/fs.h"
#include "io/process.h"
#include "model/audit.h"
#include "model/engine_words.h"
#include "recovery/case_folder.h"

namespace salvor::recovery {

// How the things of a table's engine are called.
using WordsFor = std::function<const model::EngineWords&(const model::TableIdentity&)>;

// How approvals are checked on this machine.
struct AuditRules {
  custody::Signers signers;
  std::string signers_path;            // of allowed_signers, for people; empty: there is none here
  io::Processes* processes = nullptr;  // ssh-keygen is run with it, where there are approvals
  Instant now;                         // nothing was signed later
  WordsFor words = {};                 // of the plan's table; needed
  std::string ssh_keygen = custody::kSshKeygen;
  // custody::Rules::shared of the plan's table; without it, it is.
  std::function<bool(const model::TableIdentity&)> shared = {};
};

// `kept`: heads that a person has from elsewhere. Signatures are judged at the time that their
// statement names, and each apply, undo and abandoning by the plan's own policy with what had been
// signed until then. What is wrong with the case is a problem in the audit, never an error. Errors:
// the folder cannot be read (kNotFound, kPermission, kUnavailable), ssh-keygen cannot be run, or
// plan.json is not one that salvor wrote (kCorrupt): without it nothing else means anything. A
// symbolic link, a pipe or a huge file in the place of a case's file is kCorrupt, and not opened.
Result<model::Audit> AuditCase(const io::FsReader& fs, const std::string& folder,
                               std::vector<model::KeptHead> kept, const AuditRules& rules);

}  // namespace salvor::recovery
