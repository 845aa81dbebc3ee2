#include "delta/staging/saved_copies.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "delta/staging/privacy.h"

namespace salvor::delta {
namespace {

constexpr int64_t kManifestLimit = int64_t{4} << 30U;

}  // namespace

// What cannot be read is passed over: it only could have helped.
void SavedCopies::Load() {
  if (std::exchange(loaded_, true)) return;
  const auto names = fs_.List(root_);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string folder = io::JoinPath(root_, name);
    if (!IsSha256Hex(name) || folder == own_) continue;
    const auto info = fs_.Lstat(folder);
    const bool ours = info && *info && (*info)->type == io::FileInfo::Type::kDirectory &&
                      (*info)->uid == fs_.EffectiveUser() && (*info)->mode == kPrivateMode;
    if (ours) LoadOne(folder);
  }
}

void SavedCopies::LoadOne(const std::string& folder) {
  for (const char* name : {"_salvor/manifest.jsonl", "_salvor/saved.jsonl"}) {
    const std::string path = io::JoinPath(folder, name);
    const auto bytes = fs_.ReadFile(path, kManifestLimit);
    if (!bytes) continue;
    const auto manifest = ParseManifest(*bytes, path);
    if (!manifest) continue;
    const bool same_table =
        std::all_of(manifest->configurations.begin(), manifest->configurations.end(),
                    [&](const auto& entry) { return entry.second.metadata.id == table_id_; });
    if (!same_table) continue;
    for (const ManifestPiece& piece : manifest->pieces) {
      pieces_.emplace(piece.add.raw, Saved{folder, piece.file});
    }
    for (const StagedVector& vector : manifest->vectors) {
      vectors_.emplace(vector.original, Saved{folder, vector.file});
    }
  }
}

Result<SavedCopies::Opened> SavedCopies::Open(const std::map<std::string, Saved>& known,
                                              const std::string& name) const {
  const auto found = known.find(name);
  if (found == known.end()) return Opened{};
  SALVOR_TRY(const auto folder, fs_.OpenFolder(found->second.folder));
  SALVOR_TRY(auto file, folder->Open(found->second.file.name));
  return Opened{std::move(file), found->second.file.digest};
}

Result<SavedCopies::Opened> SavedCopies::OpenPiece(const AddFile& add) {
  Load();
  return Open(pieces_, add.raw);
}

Result<SavedCopies::Opened> SavedCopies::OpenVector(const std::string& original) {
  Load();
  return Open(vectors_, original);
}

}  // namespace salvor::delta
