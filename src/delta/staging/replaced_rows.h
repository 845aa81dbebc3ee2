// What `plan --replace` takes out of a table is saved like anything else: the rows of today are a
// content of their own, in a private copy of their own beside the plan's, from where undo brings
// them back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/staging/staging.h"
#include "io/fs.h"
#include "model/plan.h"
#include "warehouse/staging_store.h"

namespace salvor::delta {

// As if somebody had planned to bring today's rows back: its digest names the copy's folder,
// root/<the plan's digest>-replaced.
struct ReplacedRows {
  model::Plan plan;
  std::string digest;
  // For each partition of this plan, which one of ToRestore(the plan that replaces) it is.
  std::vector<size_t> of;
};

// Nothing for a plan that takes no rows out.
std::optional<ReplacedRows> ReplacedBy(const model::Plan& plan, const std::string& plan_digest);

// Both copies as one. Borrows nothing but what the store borrows.
class BothCopies final : public warehouse::StagingStore {
 public:
  explicit BothCopies(std::unique_ptr<DeltaStaging> copies) : copies_(std::move(copies)) {}

  Result<warehouse::Persisted> Persist(const model::Plan& plan,
                                       const std::string& plan_digest) override;
  Result<std::optional<warehouse::Persisted>> Find(const model::Plan& plan,
                                                   const std::string& plan_digest) override;
  Result<bool> MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                            const std::string& statement) override;
  Result<std::vector<std::string>> Rejections(const model::Plan& plan,
                                              const std::string& plan_digest) override;
  Result<std::vector<warehouse::CopySeen>> CheckUnchanged(
      const model::Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::CopySeen>& seen) override;

 private:
  std::unique_ptr<DeltaStaging> copies_;
};

class BothCopiesDropper final : public warehouse::StagingDropper {
 public:
  explicit BothCopiesDropper(io::Fs& fs) : copies_(fs) {}

  // The plan's own copy goes last: a case whose copy is there still has both to drop.
  Result<bool> Drop(const model::Plan& plan, const std::string& plan_digest) override;

 private:
  DeltaStagingDropper copies_;
};

}  // namespace salvor::delta
