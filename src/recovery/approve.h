// A second person's word: a statement on the plan, signed, verified, and only then kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/statement.h"
#include "recovery/case_folder.h"
#include "recovery/operator.h"

namespace salvor::recovery {

// As long as a private copy in BigQuery lives: past it there is nothing left to apply.
inline constexpr Millis kApprovalLife{std::chrono::hours(60 * 24)};

struct ApproveRequest {
  model::Decision decision = model::Decision::kApprove;
  std::string reason;
  std::vector<model::Verb> verbs;
  std::string who;       // a principal of allowed_signers
  std::string key_file;  // private, or public where an agent or a hardware key has the other half
  std::optional<Instant> expires;  // else kApprovalLife after now; a rejection never
  bool may_ask = false;            // for a passphrase or a touch
};

struct Approved {
  model::Statement statement;
  std::string digest;  // of the statement's bytes
  std::string path;
  std::string key;                    // "SHA256:..."
  std::vector<std::string> unproven;  // as custody::Finding has it
};

// Signs, asks ssh-keygen whether the signature counts, weighs it, stores both files in approvals/
// and notes them in the journal. kRefused, with nothing written, if it would not count: an unknown
// or expired key, the author's own approval. kPermission: there is no signature. Each call makes a
// new statement; several by one person count once.
Result<Approved> Approve(io::Fs& fs, const io::Clock& clock, const Case& incident,
                         const Operator& by, const ApproveRequest& request);

}  // namespace salvor::recovery
