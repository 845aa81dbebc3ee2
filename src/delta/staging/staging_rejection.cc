// A rejection's mark on a private copy: an empty file beside its manifest, or, while there is no
// copy, in the folder where it will lie, from where nothing takes it away.
#include <algorithm>

#include "base/digest.h"
#include "delta/staging/privacy.h"
#include "delta/staging/staging.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kMark = "rejected-";
constexpr uint32_t kPrivateFile = 0600;

std::string EarlyMark(const std::string& plan_digest) {
  return plan_digest + "." + std::string(kMark);
}

// Adds what follows `prefix` in the folder's names.
Status CollectMarks(const io::FsReader& fs, const std::string& folder, const std::string& prefix,
                    std::vector<std::string>& statements) {
  auto names = fs.List(folder);
  if (!names && names.error().code == Code::kNotFound) return Done{};
  if (!names) return Fail(std::move(names).error());
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix)) continue;
    std::string statement = name.substr(prefix.size());
    if (IsSha256Hex(statement)) statements.push_back(std::move(statement));
  }
  return Done{};
}

// The folder's maker decides who can use it: only its maker, and nobody if the folder above
// belongs to somebody else.
Result<bool> MakeRoot(io::Fs& fs, const std::string& root, const std::string& table_root) {
  SALVOR_TRY(const auto info, fs.Stat(root));
  if (info) return true;
  SALVOR_TRY(const auto above, fs.Stat(io::ParentPath(root)));
  if (!above || above->uid != fs.EffectiveUser()) return false;
  SALVOR_OK(CheckParents(fs, io::ParentPath(root), table_root));
  SALVOR_TRY([[maybe_unused]] const bool made, fs.MakeDirectory(root, kPrivateMode));
  SALVOR_OK(fs.SyncDirectory(io::ParentPath(root)));
  return true;
}

}  // namespace

bool IsRejectionMark(std::string_view name) {
  return name.starts_with(kMark) && IsSha256Hex(name.substr(kMark.size()));
}

Result<bool> DeltaStaging::MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                                        const std::string& statement) {
  const StagingPlace place(plan, plan_digest);
  SALVOR_OK(CheckOutsideTable(fs_, place.Root(), log_.Root()));
  SALVOR_TRY(const auto staged,
             LoadStaging(fs_, plan, plan_digest, log_.Root(), AddDetail::kEssential));
  std::string folder = place.ManifestFolder();
  std::string name = std::string(kMark) + statement;
  if (!staged) {
    SALVOR_TRY(const bool there, MakeRoot(fs_, place.Root(), log_.Root()));
    if (!there) return false;
    folder = place.Root();
    name = EarlyMark(plan_digest) + statement;
  }
  SALVOR_TRY([[maybe_unused]] const bool made,
             fs_.CreateNew(io::JoinPath(folder, name), {}, kPrivateFile));
  SALVOR_OK(fs_.SyncDirectory(folder));
  return true;
}

Result<std::vector<std::string>> DeltaStaging::Rejections(const model::Plan& plan,
                                                          const std::string& plan_digest) {
  const StagingPlace place(plan, plan_digest);
  std::vector<std::string> statements;
  SALVOR_OK(CollectMarks(fs_, place.ManifestFolder(), std::string(kMark), statements));
  SALVOR_OK(CollectMarks(fs_, place.Root(), EarlyMark(plan_digest), statements));
  std::sort(statements.begin(), statements.end());
  statements.erase(std::unique(statements.begin(), statements.end()), statements.end());
  return statements;
}

}  // namespace salvor::delta
