// One incident's recovery, step by step, with the journal and the review that the program keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "salvor/instant.h"
#include "salvor/plan.h"
#include "salvor/proof.h"
#include "salvor/result.h"
#include "salvor/table.h"

#pragma GCC visibility push(default)
namespace salvor {

struct PersistRequest {
  /// Delta Lake alone: copy bytes instead of linking them; read every row.
  bool copy = false;
  bool deep = false;
};

struct Persisted {
  std::string place;     ///< of the private copy
  bool already = false;  ///< a complete copy was there
  std::string privacy;   ///< what was checked
  std::vector<std::string> warnings;
};

/// A statement on the plan's digest, signed by somebody with ssh-keygen.
struct ApproveRequest {
  std::string who;       ///< a name in allowed_signers
  std::string key;       ///< a path: private, or public where ssh-agent has the rest
  bool may_ask = false;  ///< ssh-keygen may ask for a passphrase on the terminal
  bool reject = false;   ///< the plan must not run; needs a reason
  std::string reason = {};
  std::optional<Instant> expires = {};  ///< else 60 days from now; a rejection never
};

/// What a person confirmed before production is written.
struct Confirmation {
  std::string name;  ///< Plan::name, as the person typed it: kRefused if it is another
  bool allow_other_signers = false;  ///< --allow-other-signers
};

struct Applied {
  bool already = false;                 ///< an earlier run, perhaps on another machine, did it
  int64_t version = 0;                  ///< the version that holds it; 0 if all was there already
  int64_t restored = 0;                 ///< partitions
  std::vector<std::string> skipped;     ///< partitions that have identical rows again
  std::vector<std::string> left_to_do;  ///< what a person must set again by hand
};

struct VerifyRequest {
  bool fingerprints = false;  ///< BigQuery alone: compare every row, in queries that cost
};

struct Undone {
  bool already = false;
  int64_t version = 0;
  std::vector<std::string> left_to_do;
};

/// One thread at a time; a second process that works on the same folder gets kConflict. Each step
/// may be killed anywhere and called again: it goes on, and the end is the same. Codes of all
/// steps: kRefused (a rule or an approval is missing, named), kStale (the table moved since the
/// plan), kConflict, kOutcomeUnknown (call it again), kCorrupt, kTooLate, kPermission,
/// kUnavailable.
class Case {
 public:
  /// The folder that MakeCase or `salvor plan` wrote. Opens the table too.
  static Result<Case> Open(const std::string& folder, const OpenOptions& options = {});

  /// Signs a statement on the plan in the folder and keeps it there; its path. Opens no table:
  /// whoever approves need not have a right to it. kRefused, with nothing written, if it would not
  /// count. Each call makes a new statement; several by one person count once.
  static Result<std::string> Approve(const std::string& folder, const ApproveRequest& request,
                                     const OpenOptions& options = {});

  Case(Case&&) noexcept;
  Case& operator=(Case&&) noexcept;
  ~Case();

  [[nodiscard]] const std::string& Folder() const;
  [[nodiscard]] const Plan& Planned() const;

  /// The private copy. Needs no approval and touches nothing in production. Durable on return.
  Result<Persisted> Persist(const PersistRequest& request = {});
  /// What Apply would take and cost, a line each.
  Result<std::vector<std::string>> ForecastApply();
  /// Puts the partitions back: each whole or not at all, once.
  Result<Applied> Apply(const Confirmation& confirmed);
  /// Reads back both sides of every partition. A proof that fails is a value, and kept.
  Result<Proof> Verify(const VerifyRequest& request = {});
  /// Takes back exactly what Apply did, while nobody else touched it. The plan is spent then.
  Result<Undone> Undo(const Confirmation& confirmed);
  /// Drops the private copy of what is proven. False if there was none.
  Result<bool> Clean();

 private:
  friend class Table;
  struct Opened;
  explicit Case(std::unique_ptr<Opened> opened);

  std::unique_ptr<Opened> opened_;
};

}  // namespace salvor
#pragma GCC visibility pop
