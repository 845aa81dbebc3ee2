#include "delta/staged_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace salvor::delta {
namespace {

// The first byte behind the furthest vector that a piece reads from each file. PROTOCOL.md,
// "Deletion Vector File Storage Format": four bytes of size before the vector and four of checksum
// after it.
std::vector<int64_t> VectorEnds(const Manifest& manifest) {
  constexpr int64_t kFrame = 8;
  std::vector<int64_t> ends(manifest.vectors.size(), 0);
  for (const ManifestPiece& piece : manifest.pieces) {
    if (!piece.vector || !piece.add.deletion_vector) continue;
    const DeletionVector& vector = *piece.add.deletion_vector;
    const int64_t end = int64_t{vector.offset.value_or(0)} + vector.size_in_bytes + kFrame;
    ends[*piece.vector] = std::max(ends[*piece.vector], end);
  }
  return ends;
}

}  // namespace

StagedFiles::StagedFiles(io::Fs& fs, warehouse::Progress& progress, const StagingPlace& place,
                         SourceFiles& sources)
    : fs_(fs), progress_(progress), place_(place), sources_(sources) {}

Status StagedFiles::Bring(Manifest& manifest) {
  SALVOR_OK(ListLeftovers());
  for (const ManifestPiece& piece : manifest.pieces) total_bytes_ += piece.add.size;
  const auto total = static_cast<int64_t>(manifest.pieces.size());
  constexpr int64_t kTellEvery = 256;
  int64_t done = 0;
  for (ManifestPiece& piece : manifest.pieces) {
    SALVOR_TRY(const std::string source, sources_.Locate(piece.add.path));
    SALVOR_OK(BringOne(source, piece.add.size, piece.file));
    if (++done % kTellEvery == 0) progress_.Tell("making the private copy", done, total);
  }
  const std::vector<int64_t> ends = VectorEnds(manifest);
  for (size_t i = 0; i < manifest.vectors.size(); ++i) {
    StagedVector& vector = manifest.vectors[i];
    SALVOR_OK(BringOne(vector.original, std::nullopt, vector.file));
    if (vector.file.size < ends[i] && gone_.empty()) {
      return Fail(Code::kCorrupt, "the file of deletion vectors is shorter than the log says",
                  vector.original, "The rows of the files that use it cannot be told any more");
    }
  }
  return Done{};
}

Status StagedFiles::ListLeftovers() {
  SALVOR_TRY(auto entries, fs_.ListEntries(place_.Folder()));
  for (io::FsReader::Entry& entry : entries) {
    leftovers_.emplace(std::move(entry.name), entry.info);
  }
  return Done{};
}

Status StagedFiles::BringOne(const std::string& source, std::optional<int64_t> size,
                             StagedFile& file) {
  SALVOR_TRY(std::optional<io::FileInfo> original, sources_.Look(source));
  if (original && size && original->size != *size) {
    return Fail(Code::kCorrupt,
                fmt::format("the data file has {} where its log entry says {}",
                            FormatBytes(original->size), FormatBytes(*size)),
                source, "It is not the file that the log means: restore without this partition");
  }
  SALVOR_TRY(const bool reused, Reuse(source, original, file));
  if (!reused && original) SALVOR_OK(LinkOrCopy(source, place_.File(file.name)));
  if (!original && reused) {
    // The original went after an earlier run had saved it.
    original = leftovers_.at(file.name);
    if (size && original->size != *size) original.reset();
  }
  if (!original) {
    gone_.push_back(source);
    return Done{};
  }
  file.size = original->size;
  file.mode = original->mode;
  file.gid = original->gid;
  return Done{};
}

// True if what is there under the name already is the copy. Removes a damaged one: it is our own,
// and nothing has used it yet.
Result<bool> StagedFiles::Reuse(const std::string& source,
                                const std::optional<io::FileInfo>& original,
                                const StagedFile& file) {
  const auto leftover = leftovers_.find(file.name);
  if (leftover == leftovers_.end()) return false;
  if (!original || leftover->second.SameInode(*original)) return true;
  const std::string target = place_.File(file.name);
  SALVOR_TRY(const bool same, SameBytes(fs_, source, target));
  if (same) return true;
  SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(target));
  return false;
}

Status StagedFiles::LinkOrCopy(const std::string& source, const std::string& target) {
  bool taken = false;
  if (!must_copy_) {
    SALVOR_TRY(const io::LinkOutcome outcome, fs_.Link(source, target));
    switch (outcome) {
      case io::LinkOutcome::kLinked:
        ++linked_;
        return Done{};
      case io::LinkOutcome::kSourceGone:
        gone_.push_back(source);
        return Done{};
      case io::LinkOutcome::kExists:
        taken = true;
        break;
      case io::LinkOutcome::kOtherDevice:
        SALVOR_OK(MakeRoom(source));
        must_copy_ = true;
        break;
      case io::LinkOutcome::kNotPermitted:
        break;
    }
  }
  if (!taken) {
    SALVOR_TRY(const bool copied, fs_.CopyNew(source, target));
    if (copied) ++copied_;
    taken = !copied;
  }
  if (!taken) return Done{};
  // Another run of the same plan is at work in the same folder, and makes the same files.
  SALVOR_TRY(const bool same, SameBytes(fs_, source, target));
  if (same) return Done{};
  return Fail(Code::kConflict, "another run is changing this private copy", target,
              "Wait until it has ended, then run the same command again");
}

Status StagedFiles::MakeRoom(const std::string& source) {
  SALVOR_TRY(const int64_t available, fs_.FreeBytes(place_.Folder()));
  if (available >= total_bytes_) return Done{};
  return Fail(
      Code::kUnavailable,
      fmt::format("the private copy needs {} on another file system than {}, and {} are free",
                  FormatBytes(total_bytes_), source, FormatBytes(available)),
      place_.Folder(), "Make room, or choose a place beside the table with --staging");
}

}  // namespace salvor::delta
