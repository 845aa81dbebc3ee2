#include "delta/staging/replaced_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace salvor::delta {
namespace {

using warehouse::CopySeen;
using warehouse::Persisted;

// What the journal calls the pieces of the second copy.
constexpr std::string_view kSeen = "replaced ";

void Merge(Persisted replaced, Persisted& all) {
  all.replaced_place = std::move(replaced.place);
  all.already = all.already && replaced.already;
  all.files += replaced.files;
  all.linked += replaced.linked;
  all.copied += replaced.copied;
  std::move(replaced.warnings.begin(), replaced.warnings.end(), std::back_inserter(all.warnings));
  for (CopySeen& one : replaced.seen) {
    one.name.insert(0, kSeen);
    all.seen.push_back(std::move(one));
  }
}

// The entries of one of the two copies, under the names that it gave them itself.
std::vector<CopySeen> SeenIn(const std::vector<CopySeen>& seen, bool of_replaced) {
  std::vector<CopySeen> some;
  for (CopySeen one : seen) {
    if (one.name.starts_with(kSeen) != of_replaced) continue;
    if (of_replaced) one.name.erase(0, kSeen.size());
    some.push_back(std::move(one));
  }
  return some;
}

}  // namespace

std::optional<ReplacedRows> ReplacedBy(const model::Plan& plan, const std::string& plan_digest) {
  ReplacedRows replaced;
  const auto planned = model::ToRestore(plan);
  for (size_t i = 0; i < planned.size(); ++i) {
    if (planned[i]->mode != model::Mode::kInstead) continue;
    model::PlannedPartition today;
    today.key = planned[i]->key;
    today.disposition = model::Disposition::kRestore;
    today.mode = model::Mode::kAdd;
    today.snapshot = {plan.state.version, {}};
    today.restore = planned[i]->now;
    today.content = planned[i]->present;
    replaced.plan.partitions.push_back(std::move(today));
    replaced.of.push_back(i);
  }
  if (replaced.of.empty()) return std::nullopt;
  replaced.plan.table = plan.table;
  replaced.plan.state = plan.state;
  replaced.plan.columns = plan.columns;
  replaced.plan.staging_root = plan.staging_root;
  replaced.digest = plan_digest + std::string(kReplacedMark);
  return replaced;
}

Result<Persisted> BothCopies::Persist(const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_TRY(Persisted all, copies_->Persist(plan, plan_digest));
  const auto replaced = ReplacedBy(plan, plan_digest);
  if (!replaced) return all;
  SALVOR_TRY(Persisted today, copies_->Persist(replaced->plan, replaced->digest));
  Merge(std::move(today), all);
  return all;
}

Result<std::optional<Persisted>> BothCopies::Find(const model::Plan& plan,
                                                  const std::string& plan_digest) {
  SALVOR_TRY(std::optional<Persisted> all, copies_->Find(plan, plan_digest));
  const auto replaced = ReplacedBy(plan, plan_digest);
  if (!all || !replaced) return all;
  SALVOR_TRY(std::optional<Persisted> today, copies_->Find(replaced->plan, replaced->digest));
  if (!today) return std::nullopt;
  Merge(*std::move(today), *all);
  return all;
}

Result<bool> BothCopies::MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                                      const std::string& statement) {
  return copies_->MarkRejected(plan, plan_digest, statement);
}

Result<std::vector<std::string>> BothCopies::Rejections(const model::Plan& plan,
                                                        const std::string& plan_digest) {
  return copies_->Rejections(plan, plan_digest);
}

Result<std::vector<CopySeen>> BothCopies::CheckUnchanged(const model::Plan& plan,
                                                         const std::string& plan_digest,
                                                         const std::vector<CopySeen>& seen) {
  const std::vector<CopySeen> own = SeenIn(seen, false);
  SALVOR_TRY(std::vector<CopySeen> now, copies_->CheckUnchanged(plan, plan_digest, own));
  const auto replaced = ReplacedBy(plan, plan_digest);
  if (!replaced) return now;
  const std::vector<CopySeen> of_today = SeenIn(seen, true);
  SALVOR_TRY(std::vector<CopySeen> today,
             copies_->CheckUnchanged(replaced->plan, replaced->digest, of_today));
  if (now.empty() && today.empty()) return now;
  // What the journal keeps from now on is of both.
  if (now.empty()) now = own;
  for (CopySeen one : today.empty() ? of_today : today) {
    one.name.insert(0, kSeen);
    now.push_back(std::move(one));
  }
  return now;
}

Result<bool> BothCopiesDropper::Drop(const model::Plan& plan, const std::string& plan_digest) {
  bool dropped = false;
  if (const auto replaced = ReplacedBy(plan, plan_digest); replaced) {
    SALVOR_TRY(dropped, copies_.Drop(replaced->plan, replaced->digest));
  }
  SALVOR_TRY(const bool own, copies_.Drop(plan, plan_digest));
  return dropped || own;
}

}  // namespace salvor::delta
