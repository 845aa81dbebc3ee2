// What an audit found in a case: plain values, for report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "model/activity.h"
#include "model/plan.h"
#include "model/statement.h"

namespace salvor::model {

// A head of the journal that somebody keeps where the case's files cannot change it: in a signed
// statement, or on a ticket.
struct KeptHead {
  std::string keeper;  // "the approval of bob", "the ticket"
  Anchor head;
  bool holds = false;  // the journal has that line with that hash
  // The line of the journal that names the keeper, where only the journal does: whoever wrote it
  // anew may have named another one. Then the head vouches only if that line itself is vouched for.
  int64_t named_at = 0;
  bool vouches = false;  // it holds, and does not stand on the journal's own word
};

// The ticket of a case, as its journal has it.
struct NamedTicket {
  std::string key;
  int64_t line = 0;  // that named it first
};

struct AuditedApproval {
  std::string file;  // of the statement, in the case
  std::string digest;
  std::string decision;  // as model::DecisionName has it; "" where it cannot be read
  std::string reason;
  std::vector<std::string> verbs;
  std::string who;
  std::string key;  // "SHA256:...", of the key that signed
  std::optional<Instant> at;
  std::optional<Instant> expires;
  std::string
      problem;  // why it counts for nothing; empty if its signature was good when it was made
};

struct AuditProblem {
  Code code = Code::kCorrupt;  // kCorrupt: something was altered; kRefused: a rule was not kept
  std::string what;
  std::string where;
};

struct Audit {
  std::string folder;
  std::string digest;  // of plan.json
  Plan plan;
  std::vector<Activity> activities;  // up to the first line that was altered
  Anchor head;
  int64_t torn_bytes = 0;  // after the last whole line
  // The last line that a kept head vouches for; 0 for none. Later lines are whole but unproven: a
  // chain without a key shows neither a cut tail nor that all of it was written anew.
  int64_t vouched = 0;
  std::vector<KeptHead> kept;
  std::string author_rule;  // what is known of who made the plan, and what follows; "" for nothing
  std::vector<AuditedApproval> approvals;
  std::vector<std::string> overrides;
  std::vector<std::string> told;  // tickets that keep a head, by the journal's own word
  std::optional<NamedTicket> ticket;
  std::string proof;  // what became of it, in words; "" where none is due
  std::vector<AuditProblem> problems;
};

}  // namespace salvor::model
