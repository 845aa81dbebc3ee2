#include "delta/staging/copy_apart.h"

#include <fmt/format.h>

#include "base/text.h"
#include "delta/commit/fresh_name.h"
#include "delta/commit/table_files.h"

namespace salvor::delta {
namespace {

// The number of a vector's other name: no plan has so many files of vectors.
constexpr size_t kApart = 1'000'000'000;

}  // namespace

Status CopyApart::Copy(Manifest& manifest) {
  SALVOR_OK(MakeRoom(manifest));
  const auto total = static_cast<int64_t>(manifest.pieces.size());
  for (size_t i = 0; i < manifest.vectors.size(); ++i) {
    StagedVector& vector = manifest.vectors[i];
    if (vector.file.apart) continue;
    const Uuid uuid = DerivedUuid(manifest.plan_digest, kApart + i);
    SALVOR_OK(CopyOne(vector.file, VectorFileName(uuid)));
    vector.uuid = uuid;
  }
  for (size_t i = 0; i < manifest.pieces.size(); ++i) {
    StagedFile& file = manifest.pieces[i].file;
    if (file.apart) continue;
    const std::string name = StagedName(manifest.pieces[i].add.path, manifest.plan_digest, i);
    SALVOR_OK(CopyOne(file, "copied-" + name));
    progress_.Tell("copying bytes", static_cast<int64_t>(i + 1), total);
  }
  if (copied_ == 0) return Done{};
  return fs_.SyncDirectory(place_.Folder());
}

Status CopyApart::CopyOne(StagedFile& file, const std::string& name) {
  SALVOR_TRY(const auto source, fs_.Open(place_.File(file.name)));
  const std::string target = place_.File(name);
  // What a killed run left may be kept if it is whole.
  SALVOR_TRY(const auto leftover, fs_.Lstat(target));
  if (leftover) {
    SALVOR_TRY(const bool same, SameBytes(fs_, *source, target));
    if (!same) {
      SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(target));
    }
  }
  SALVOR_TRY([[maybe_unused]] const bool made, fs_.CopyNew(*source, target));
  SALVOR_TRY(const auto info, fs_.Lstat(target));
  if (!info || info->SameInode(source->Info())) {
    return Fail(Code::kConflict, "another run is changing this private copy", target,
                "Wait until it has ended, then run the same command again");
  }
  shared_.push_back(file.name);
  file.name = name;
  file.inode = info->inode;
  file.modified = MillisOf(info->modified);
  file.apart = true;
  ++copied_;
  return Done{};
}

Status CopyApart::MakeRoom(const Manifest& manifest) const {
  int64_t needed = 0;
  for (const ManifestPiece& piece : manifest.pieces) {
    if (!piece.file.apart) needed += piece.file.size;
  }
  SALVOR_TRY(const int64_t available, fs_.FreeBytes(place_.Folder()));
  if (available >= needed) return Done{};
  return Fail(Code::kUnavailable,
              fmt::format("the bytes of the private copy need {}, and {} are free",
                          FormatBytes(needed), FormatBytes(available)),
              place_.Folder(), "Make room, or leave --copy out: the links are there");
}

Status CopyApart::RemoveShared() {
  if (shared_.empty()) return Done{};
  for (const std::string& name : shared_) {
    SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(place_.File(name)));
  }
  return fs_.SyncDirectory(place_.Folder());
}

}  // namespace salvor::delta
