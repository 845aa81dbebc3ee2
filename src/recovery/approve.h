// A second person's word: a statement on the plan, signed, verified, and only then kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/statement.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "recovery/sign.h"
#include "warehouse/staging_store.h"

namespace salvor::recovery {

// As long as a private copy in BigQuery lives: past it there is nothing left to apply.
inline constexpr Millis kApprovalLife{std::chrono::hours(60 * 24)};

struct ApproveRequest {
  model::Decision decision = model::Decision::kApprove;
  std::string reason;
  std::vector<model::Verb> verbs;
  SigningKey key;
  std::optional<Instant> expires;  // else kApprovalLife after now; a rejection never
};

struct Approved {
  model::Statement statement;
  std::string digest;  // of the statement's bytes
  std::string path;
  std::string key;                    // "SHA256:..."
  std::vector<std::string> unproven;  // as custody::Finding has it
  // Of a rejection: why the private copy does not keep it, in words; empty if it does. Until it
  // does, a folder of the case that is older than the rejection could still be applied.
  std::string unmarked;
};

// Signs, asks ssh-keygen whether the signature counts, weighs it, stores both files in approvals/
// and notes them in the journal. kRefused, with nothing written, if it would not count: an unknown
// or expired key, the author's own approval, a withdrawal of nothing. kPermission: there is no
// signature. Each call makes a new statement; several by one person count once. A rejection also
// leaves its mark on the private copy; `staging` is null where an approver cannot reach it, which
// stops no rejection.
Result<Approved> Approve(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                         const ApproveRequest& request, warehouse::StagingStore* staging);

}  // namespace salvor::recovery
