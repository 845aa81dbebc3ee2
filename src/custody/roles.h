// Who made the plan, who approves it, who runs it: which of them must be other people. One rule:
//
//   An author is somebody else only if they have proven who they are, by a signature over the plan.
//   Where nobody has, whoever runs the plan may have made it; so its approver must be known to be
//   another person than the operator, whose identity is checked at every step.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "custody/people.h"
#include "custody/review.h"

namespace salvor::custody {

// Everybody whom the statement's key may speak for.
std::vector<model::Identity> SignersOf(const VerifiedStatement& judged);

class Roles {
 public:
  // Borrows all of it; `distinct` are the roles that the policy wants to be different people.
  Roles(const model::Plan& plan, const Rules& rules, const History& history,
        const std::vector<VerifiedStatement>& judged, const std::vector<std::string>& distinct);

  // Why they may not have these roles together, in words; empty if they may. Without an operator
  // only what does not depend on who that is.
  std::string WhyNotApprover(const VerifiedStatement& approver,
                             const std::optional<model::Identity>& who);
  std::string WhyNotOperator(const model::Identity& who);
  // Whether two approvals are of two people with two keys.
  bool Together(const VerifiedStatement& a, const VerifiedStatement& b);

  // Which side of the rule holds for this plan; empty where the policy has no use for it.
  [[nodiscard]] std::string AuthorRule() const;
  // Pairs of names that may be one person, for all we know.
  [[nodiscard]] const std::vector<std::string>& Unproven() const { return unproven_; }

 private:
  using Identities = std::vector<model::Identity>;
  std::string Differ(const Identities& one, const std::string& role, const Identities& other,
                     const std::string& other_role);
  [[nodiscard]] bool KnownApart(const Identities& approver, const model::Identity& who) const;
  std::string MayBeOne(const std::string& open);
  [[nodiscard]] bool Wants(std::string_view role) const;

  const model::Plan& plan_;
  const Rules& rules_;
  const std::vector<std::string>& distinct_;
  bool today_counts_;
  People people_;
  std::vector<const VerifiedStatement*> authors_;  // proven
  bool unchecked_ = false;                         // somebody signed, and nobody can check it here
  std::optional<model::Identity> claimed_;         // by unsigned words
  std::vector<std::string> unproven_;
};

}  // namespace salvor::custody
