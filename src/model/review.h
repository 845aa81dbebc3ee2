// Who may agree to a plan, and who is who. The part of salvor.yaml's `review` that a plan carries:
// what stood there when it was made, so that another salvor.yaml cannot weaken it later.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::model {

// Names of different kinds never say by themselves whether two of them are one person.
enum class IdentityKind {
  kOsUser,     // the operating system's name for the process's user
  kPrincipal,  // whom BigQuery's token belongs to
  kSigner,     // a principal of an allowed_signers file, proven by a signature
};

struct Identity {
  IdentityKind kind = IdentityKind::kOsUser;
  std::string name;

  bool operator==(const Identity&) const = default;
};

// "os_user", "principal", "signer", as JSON has it.
std::string_view IdentityKindName(IdentityKind kind);
nlohmann::json PersonalIdentityToJson(const Identity& identity);
// kCorrupt, naming the field.
Result<Identity> PersonalIdentityFromJson(const nlohmann::json& json);

// All the names that one person goes by.
struct Person {
  std::string name;
  std::vector<std::string> principals;  // of allowed_signers, and of BigQuery
  std::vector<std::string> emails;      // the same two, where they are addresses
  std::vector<std::string> os_users;

  bool operator==(const Person&) const = default;
};

// The name of the person whom the identity belongs to; nothing where nobody claims it. Principals
// and addresses are compared without regard to the case of ASCII letters, OS users exactly.
std::optional<std::string> PersonOf(const std::vector<Person>& people, const Identity& identity);

// The roles that a policy may want to be different people, in the order of the alphabet.
inline constexpr std::string_view kApprover = "approver";
inline constexpr std::string_view kAuthor = "author";
inline constexpr std::string_view kOperator = "operator";

struct ReviewPolicy {
  int64_t approvals = 0;
  // `approvals: 0` stands in salvor.yaml: a person turned the review off. Shown in red everywhere.
  bool waived = false;
  std::vector<std::string> distinct;  // roles, sorted
  std::vector<std::string> group;     // people or principals who may approve; empty: any signer
  std::vector<std::string> signers;   // SHA-256 of each line of allowed_signers, sorted
  std::vector<Person> people;         // sorted by name

  bool operator==(const ReviewPolicy&) const = default;
};

// Members that are empty or false are left out, `approvals` never.
nlohmann::json PolicyToJson(const ReviewPolicy& policy);
Result<ReviewPolicy> PolicyFromJson(const nlohmann::json& json);

}  // namespace salvor::model
