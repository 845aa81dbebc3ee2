#include "recovery/case_folder.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/digest.h"
#include "custody/approvals.h"
#include "io/access.h"
#include "journal/journal.h"

namespace salvor::recovery {
namespace {

constexpr int64_t kLargestDocument = int64_t{1} << 30;
constexpr uint32_t kFolderMode = 0755;
constexpr uint32_t kFileMode = 0644;

std::string PlanPath(const std::string& folder) { return io::JoinPath(folder, "plan.json"); }
std::string ProofPath(const std::string& folder) { return io::JoinPath(folder, "proof.json"); }

// The folder and those above it that are not there yet, each durable. Also where the folder was
// there its entry is synced: a run that was killed may have made it and synced nothing.
Status MakeFolders(io::Fs& fs, const std::string& folder) {
  const std::string parent = io::ParentPath(folder);
  if (parent != folder) {
    SALVOR_TRY(const auto info, fs.Stat(parent));
    if (!info) SALVOR_OK(MakeFolders(fs, parent));
  }
  SALVOR_OK(fs.MakeDirectory(folder, kFolderMode));
  return fs.SyncDirectory(parent);
}

// A group that may write works on the case together, and each of its members can be known by that;
// whom an ACL lets in, no mode bit tells.
Status CheckOne(const io::FsReader& fs, const std::string& path, const io::FileInfo& info,
                bool open) {
  SALVOR_TRY(const bool acl, io::AclLetsOthersChange(fs, path, info));
  if (acl) {
    return Fail(Code::kRefused,
                "an access control list lets others write to it, so this case decides nothing",
                path, "Take that right away: setfacl -R -b " + path);
  }
  if (!open) return Done{};
  return Fail(Code::kRefused,
              fmt::format("everybody may write to it (mode {:04o}), so this case decides nothing",
                          info.mode),
              path, "Take that right away: chmod -R o-w " + path);
}

}  // namespace

Status CheckNotOpenToAll(const io::FsReader& fs, const std::string& folder) {
  constexpr uint32_t kOthersWrite = 002;
  SALVOR_TRY(const std::string real, fs.RealPath(folder));
  const std::string parent = io::ParentPath(real);
  SALVOR_TRY(const auto above, fs.Stat(parent));
  if (above) SALVOR_OK(CheckOne(fs, parent, *above, io::EverybodyMayChange(*above)));
  std::vector<std::string> paths{real};
  for (const std::string_view name :
       {std::string_view("plan.json"), std::string_view(journal::kFileName),
        std::string_view(custody::kApprovalsFolder)}) {
    paths.push_back(io::JoinPath(real, name));
  }
  for (const std::string& path : paths) {
    SALVOR_TRY(const auto info, fs.Lstat(path));
    if (!info || info->type == io::FileInfo::Type::kSymlink) continue;  // refused where it is read
    SALVOR_OK(CheckOne(fs, path, *info, (info->mode & kOthersWrite) != 0));
  }
  return Done{};
}

Result<Case> CreateCase(io::Fs& fs, const std::string& folder, const model::Plan& plan) {
  const std::string bytes = model::FormatPlan(plan);
  const std::string digest = model::PlanDigest(bytes);
  fs.NameTemporaries(digest);
  SALVOR_OK(MakeFolders(fs, folder));
  SALVOR_TRY(bool written, fs.CreateNew(PlanPath(folder), bytes, kFileMode));
  if (!written) {
    SALVOR_TRY(std::string present, fs.ReadFile(PlanPath(folder), kLargestDocument));
    if (present != bytes) {
      return Fail(Code::kConflict, "the case holds another plan", PlanPath(folder),
                  "Choose another folder with --case; a plan that may have been reviewed is never "
                  "overwritten");
    }
  }
  SALVOR_OK(fs.SyncDirectory(folder));
  return Case{folder, plan, digest};
}

Result<Case> LoadCase(const io::FsReader& fs, const std::string& folder) {
  auto bytes = fs.ReadFile(PlanPath(folder), kLargestDocument);
  if (!bytes) {
    Error error = std::move(bytes).error();
    if (error.code == Code::kNotFound) {
      error.what = "this folder is no case: it has no plan.json";
      error.where = folder;
      error.next = "salvor plan TABLE --case DIR makes one";
    }
    return Fail(std::move(error));
  }
  auto plan = model::ParsePlan(*bytes);
  if (!plan) {
    Error error = std::move(plan).error();
    error.where = PlanPath(folder);
    return Fail(std::move(error));
  }
  return Case{folder, *std::move(plan), model::PlanDigest(*bytes)};
}

Result<std::optional<StoredProof>> LoadProof(const io::FsReader& fs, const Case& incident) {
  auto bytes = fs.ReadFile(ProofPath(incident.folder), kLargestDocument);
  if (!bytes) {
    if (bytes.error().code == Code::kNotFound) return std::optional<StoredProof>();
    return Fail(std::move(bytes).error());
  }
  SALVOR_TRY(model::Proof proof, model::ParseProof(*bytes));
  return std::optional<StoredProof>(StoredProof{std::move(proof), Sha256Hex(*bytes)});
}

Result<std::string> StoreProof(io::Fs& fs, const Case& incident, const model::Proof& proof) {
  const std::string bytes = model::FormatProof(proof);
  SALVOR_OK(fs.Replace(ProofPath(incident.folder), bytes, kFileMode));
  return Sha256Hex(bytes);
}

}  // namespace salvor::recovery
