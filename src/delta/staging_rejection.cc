// A rejection's mark on a private copy.
#include "base/digest.h"
#include "delta/privacy.h"
#include "delta/staging.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kMark = "rejected-";
constexpr uint32_t kPrivateFile = 0600;

}  // namespace

bool IsRejectionMark(std::string_view name) {
  return name.starts_with(kMark) && IsSha256Hex(name.substr(kMark.size()));
}

Result<bool> DeltaStaging::MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                                        const std::string& statement) {
  const StagingPlace place(plan, plan_digest);
  SALVOR_TRY(const auto staged, LoadStaging(fs_, plan, plan_digest, log_.Root()));
  if (!staged) return false;
  const std::string path = io::JoinPath(place.ManifestFolder(), std::string(kMark) + statement);
  SALVOR_TRY([[maybe_unused]] const bool made, fs_.CreateNew(path, {}, kPrivateFile));
  SALVOR_OK(fs_.SyncDirectory(place.ManifestFolder()));
  return true;
}

Result<std::vector<std::string>> DeltaStaging::Rejections(const model::Plan& plan,
                                                          const std::string& plan_digest) {
  std::vector<std::string> statements;
  auto names = fs_.List(StagingPlace(plan, plan_digest).ManifestFolder());
  if (!names && names.error().code == Code::kNotFound) return statements;
  if (!names) return Fail(std::move(names).error());
  for (const std::string& name : *names) {
    if (IsRejectionMark(name)) statements.push_back(name.substr(kMark.size()));
  }
  return statements;
}

}  // namespace salvor::delta
