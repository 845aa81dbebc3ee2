// The policy between plan and apply: who must have agreed before production is written.
//
//   files = ReadApprovals(fs, case)           custody/approvals.h
//   judged = VerifySignatures(processes, files, ...)     whose signatures they are, at an instant
//   finding = EvaluatePolicy(...)                      pure: whether they are enough, for one verb
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "custody/approvals.h"
#include "custody/ssh_keygen.h"
#include "io/process.h"
#include "model/plan.h"
#include "model/statement.h"

namespace salvor::custody {

// What salvor.yaml says today; the stricter of it and the plan's own policy counts.
struct Rules {
  model::ReviewPolicy today;
  Signers signers;
  std::string ssh_keygen = kSshKeygen;
  std::string signers_path;  // for people; empty: salvor.yaml names no allowed_signers
  // People share the table (its engine says so), and none of them is who the system says that they
  // are: an identity that `review.people` does not know fails `distinct`.
  bool shared = true;
  bool allow_other_signers = false;  // also those whom allowed_signers got after the plan was made
};

// What the journal and the private copy have to say: handed in, since custody reads neither.
struct History {
  std::vector<std::string> hashes;  // of its lines, in order
  std::optional<model::Identity> author;
  std::map<std::string, std::string> rejections;  // digest of the statement -> who
  std::vector<std::string> marks;  // digests of rejections that the private copy keeps
  Instant latest;  // of its lines: a clock that says less was set back, and revives nothing
};

struct VerifiedStatement {
  ApprovalFile file;  // its problem is set where it counts for nothing
  Signer signer;      // where there is no problem
};

// At the present, or each statement at the time that it names (an audit).
enum class VerifyAt { kInstant, kStatement };

// One for each file. A statement of another plan, one whose journal is not this one, a name that is
// none, a signature that does not count at `now` (of a rejection or an author: neither then nor
// when it was signed) is a problem of its entry, in words. Fails only where ssh-keygen cannot be
// run.
Result<std::vector<VerifiedStatement>> VerifySignatures(
    io::Processes& processes, std::vector<ApprovalFile> files, const model::Plan& plan,
    const std::string& plan_digest, const Rules& rules, const History& history, Instant now,
    VerifyAt at = VerifyAt::kInstant);

struct Finding {
  std::vector<std::string> missing;     // what stands in the way, in words; empty: nothing
  std::vector<std::string> rejections;  // those of `missing` that no approval helps against
  std::string text;                     // for the journal and for people, where nothing does
  std::vector<std::string> approvals;   // digests of the statements that counted
  std::string author_rule;  // which rule held for the plan's author; empty where none was needed
  std::vector<std::string> unproven;  // pairs of names that may be one person, for all we know
  bool waived = false;                // a person turned the review off in salvor.yaml
};

// The policy that counts: the stricter of the plan's and today's in every respect.
model::ReviewPolicy Stricter(const model::ReviewPolicy& plan, const model::ReviewPolicy& today);

// Whether `who` may do the verb now; without one, whatever does not depend on who does it. Pure, so
// that an audit can ask it for any moment. Who must be another person than whom: custody/roles.h.
// Of a table that nobody shares, an identity that `review.people` does not know passes, and is
// named in `unproven`.
Finding EvaluatePolicy(const model::Plan& plan, const Rules& rules, const History& history,
                       const std::vector<VerifiedStatement>& judged, model::Verb verb,
                       const std::optional<model::Identity>& who, Instant now);

}  // namespace salvor::custody
