#include "recovery/case_folder.h"

#include <utility>

#include "base/digest.h"

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

}  // namespace

Result<Case> CreateCase(io::Fs& fs, const std::string& folder, const model::Plan& plan) {
  const std::string bytes = model::FormatPlan(plan);
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
  return Case{folder, plan, model::PlanDigest(bytes)};
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
