// What a person signs of a plan, its author or an approver: one decision, as canonical JSON. Its
// bytes lie in the case as approvals/<their SHA-256>.json, the signature of exactly these bytes
// beside them as .json.sig. docs/formats.md describes both for readers outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::model {

inline constexpr int kStatementFormat = 1;

enum class Decision {
  kApprove,
  kMade,  // "I made this plan": agrees to nothing
  kReject,
  kWithdraw,  // "I take my rejection back": agrees to nothing
};
// What an approval covers; a rejection stands in the way of what it names, and what was withdrawn
// no longer does.
enum class Verb { kAbandon, kApply, kUndo };

std::string_view DecisionName(Decision decision);  // "approve", "author", "reject", "withdraw"
std::string_view VerbName(Verb verb);              // "abandon", "apply", "undo"
// kInvalidArgument, naming the words that there are.
Result<Verb> ParseVerb(std::string_view name);

// The journal as the approver saw it: its last line, or before any line number 0 and the plan's
// digest.
struct Anchor {
  int64_t line = 0;
  std::string hash;

  bool operator==(const Anchor&) const = default;
};

struct Statement {
  std::string plan;  // the digest of plan.json's bytes
  Decision decision = Decision::kApprove;
  std::string reason;       // of a rejection; may be empty for an approval
  std::vector<Verb> verbs;  // sorted, each once; none of an author's, else at least one
  std::string who;          // the principal that the signature must belong to
  Instant signed_at;
  std::optional<Instant> expires;  // nothing: never, as for all but an approval
  Anchor anchor;

  bool operator==(const Statement&) const = default;
};

std::string FormatStatement(const Statement& statement);
// kCorrupt for anything that FormatStatement would not have written, byte for byte; kUnsupported
// for a newer format.
Result<Statement> ParseStatement(std::string_view bytes);

}  // namespace salvor::model
