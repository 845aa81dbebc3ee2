// Statements on a plan: signed by ssh-keygen, and kept only once they are known to count.
#pragma once

#include <string>

#include "base/result.h"
#include "custody/review.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/statement.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "recovery/step.h"

namespace salvor::recovery {

struct SigningKey {
  std::string who;       // a principal of allowed_signers
  std::string file;      // private, or public where an agent or a hardware key has the other half
  bool may_ask = false;  // for a passphrase or a touch
};

// Has the statement signed and judges it as later readers will. kRefused if it would not count,
// kPermission if there is no signature, kInvalidArgument if `who` is no signer's name. Nothing is
// written. `history` is of the case's journal; that of a new case is empty.
Result<custody::VerifiedStatement> Sign(const Case& incident, const Actor& by,
                                        const custody::History& history, Instant now,
                                        model::Statement statement, const SigningKey& key);

// "I made this plan", of a plan that is no case yet: the journal has no line.
Result<custody::VerifiedStatement> SignAsAuthor(const Case& incident, const Actor& by, Instant now,
                                                const SigningKey& key);

// Stores both files in approvals/ and notes them in the journal, with `more`; the statement's path.
Result<std::string> KeepStatement(io::Fs& fs, const Case& incident, Step& step,
                                  const custody::VerifiedStatement& judged,
                                  nlohmann::json more = nlohmann::json::object());

}  // namespace salvor::recovery
