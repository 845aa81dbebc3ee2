#include "delta/staging/link_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "delta/parquet/footer.h"
#include "delta/protocol/deletion_vector.h"

namespace salvor::delta {
namespace {

// A writer fills one with some megabytes.
constexpr int64_t kMaxVectorFileBytes = int64_t{1} << 30U;

Error Gone(const std::string& source) {
  return Error{Code::kTooLate, "a file that the plan needs is gone from the disk", source, {}};
}

Result<std::string> ReadAll(const io::RandomAccessFile& file) {
  if (file.Size() > kMaxVectorFileBytes) {
    return Fail(Code::kCorrupt, "a file of deletion vectors of " + FormatBytes(file.Size()));
  }
  std::string bytes(static_cast<size_t>(file.Size()), '\0');
  SALVOR_TRY(const size_t got, file.ReadAt(0, bytes.data(), bytes.size()));
  if (got != bytes.size()) return Fail(Code::kCorrupt, "the file became shorter while it was read");
  return bytes;
}

}  // namespace

StagedFiles::StagedFiles(io::Fs& fs, warehouse::Progress& progress, const StagingPlace& place,
                         SourceFiles& sources, SavedCopies& saved)
    : fs_(fs), progress_(progress), place_(place), sources_(sources), saved_(saved) {}

Status StagedFiles::Bring(Manifest& manifest) {
  SALVOR_OK(ListLeftovers());
  for (const ManifestPiece& piece : manifest.pieces) total_bytes_ += piece.add.size;
  SALVOR_OK(BringVectors(manifest));
  return BringPieces(manifest);
}

std::vector<std::vector<size_t>> StagedFiles::OfEachSchema() const {
  std::vector<std::vector<size_t>> alike;
  for (const auto& [_, pieces] : of_schema_) alike.push_back(pieces);
  return alike;
}

void StagedFiles::AddDamage(size_t partition, Error error) {
  const std::lock_guard lock(mutex_);
  damaged_.emplace(partition, std::move(error));
}

Status StagedFiles::ListLeftovers() {
  SALVOR_TRY(auto entries, fs_.ListEntries(place_.Folder()));
  for (io::FsReader::Entry& entry : entries) {
    leftovers_.emplace(std::move(entry.name), entry.info);
  }
  return Done{};
}

Status StagedFiles::BringVectors(Manifest& manifest) {
  // Several partitions may share one.
  std::vector<std::vector<size_t>> users(manifest.vectors.size());
  for (const ManifestPiece& piece : manifest.pieces) {
    if (piece.vector) users[*piece.vector].push_back(piece.partition);
  }
  return ForEach(manifest.vectors.size(), [&](size_t i) -> Status {
    StagedVector& vector = manifest.vectors[i];
    auto found = Find({.source = vector.original, .add = nullptr, .vector = &vector}, vector.file);
    if (found) return Take(*found, vector.file);
    for (const size_t partition : users[i]) AddDamage(partition, found.error());
    return Done{};
  });
}

Status StagedFiles::BringPieces(Manifest& manifest) {
  std::vector<std::string> paths(manifest.pieces.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    auto path = sources_.Locate(manifest.pieces[i].add.path);
    if (path) {
      paths[i] = *std::move(path);
    } else {
      AddDamage(manifest.pieces[i].partition, std::move(path).error());
    }
  }
  return ForEach(paths.size(), [&](size_t i) -> Status {
    if (paths[i].empty()) return Done{};
    ManifestPiece& piece = manifest.pieces[i];
    auto found = Find({.source = paths[i], .add = &piece.add, .vector = nullptr}, piece.file);
    if (!found) {
      AddDamage(piece.partition, std::move(found).error());
      return Done{};
    }
    SALVOR_OK(Take(*found, piece.file));
    Status checked = CheckVector(manifest, piece);
    if (!checked) AddDamage(piece.partition, std::move(checked).error());
    const std::lock_guard lock(mutex_);
    if (!found->footer->plain) doubtful_.push_back(i);
    of_schema_[{manifest.partitions[piece.partition].snapshot, found->footer->schema}].push_back(i);
    return Done{};
  });
}

Status StagedFiles::ForEach(size_t count, const std::function<Status(size_t)>& bring) {
  constexpr size_t kTooFewForThreads = 64;
  constexpr size_t kMaxThreads = 8;  // it is the disk that is waited for
  constexpr size_t kTellEvery = 256;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status result = Done{};
  std::atomic<bool> stopped{false};
  const auto bring_some = [&](size_t most) {
    for (size_t taken = 0; taken < most && !stopped; ++taken) {
      const size_t i = next++;
      if (i >= count) return;
      Status brought = bring(i);
      const std::lock_guard lock(mutex);
      if ((i + 1) % kTellEvery == 0) {
        progress_.Tell("making the private copy", static_cast<int64_t>(i + 1),
                       static_cast<int64_t>(count));
      }
      if (brought || stopped.exchange(true)) continue;
      result = std::move(brought);
    }
  };
  bring_some(1);  // alone: what is opened once is open afterwards
  std::vector<std::thread> threads;
  const size_t wanted = count < kTooFewForThreads
                            ? 0
                            : std::min<size_t>(kMaxThreads, std::thread::hardware_concurrency());
  for (size_t i = 1; i < wanted; ++i) {
    try {
      threads.emplace_back(bring_some, count);
    } catch (const std::system_error&) {
      break;  // no more threads here: those that there are do it
    }
  }
  bring_some(count);
  for (std::thread& thread : threads) thread.join();
  return result;
}

// The original; where it is not what it must be, what an earlier run of this plan has of it; and
// then what another plan's copy has.
Result<StagedFiles::Found> StagedFiles::Find(const Wanted& wanted, const StagedFile& file) {
  auto opened = sources_.Open(wanted.source);
  Error why;
  if (!opened) {
    why = std::move(opened).error();
  } else if (*opened == nullptr) {
    why = Gone(wanted.source);
  } else {
    auto found = Examine(wanted, std::move(*opened));
    if (found) return found;
    why = std::move(found).error();
  }
  if (leftovers_.count(file.name) != 0) {
    auto leftover = fs_.Open(place_.File(file.name));
    if (leftover) {
      auto found = Examine(wanted, std::move(*leftover));
      if (found) return found;
    }
  }
  const std::lock_guard lock(mutex_);
  auto saved = wanted.add != nullptr ? saved_.OpenPiece(*wanted.add)
                                     : saved_.OpenVector(wanted.vector->original);
  if (saved && saved->file != nullptr) {
    auto found = Examine(wanted, std::move(saved->file));
    if (found && found->digest == saved->digest) return found;
  }
  return Fail(std::move(why));
}

Result<StagedFiles::Found> StagedFiles::Examine(const Wanted& wanted,
                                                std::unique_ptr<io::RandomAccessFile> file) {
  Found found;
  if (wanted.add == nullptr) {
    auto bytes = ReadAll(*file);
    if (!bytes) return Fail(std::move(bytes.error()).At(wanted.source));
    found.digest = Sha256Hex(*bytes);
    found.file = std::move(file);
    return found;
  }
  const int64_t logged = wanted.add->size;
  if (logged > 0 && file->Size() != logged) {
    return Fail(Code::kCorrupt,
                fmt::format("the data file has {} where its log entry says {}",
                            FormatBytes(file->Size()), FormatBytes(logged)),
                wanted.source);
  }
  auto footer = ReadParquetFooter(*file);
  if (!footer) return Fail(std::move(footer.error()).At(wanted.source));
  found.digest = footer->digest;
  found.footer = std::move(*footer);
  found.file = std::move(file);
  return found;
}

Status StagedFiles::Take(const Found& found, StagedFile& file) {
  const std::string target = place_.File(file.name);
  SALVOR_TRY(const bool reused, Reuse(found, file));
  if (!reused) SALVOR_OK(LinkOrCopy(found, target));
  SALVOR_TRY(const std::optional<io::FileInfo> staged, fs_.Lstat(target));
  if (!staged) {
    return Fail(Code::kConflict, "another run is changing this private copy", target,
                "Wait until it has ended, then run the same command again");
  }
  const io::FileInfo info = found.file->Info();
  file.size = info.size;
  file.mode = info.mode;
  file.gid = info.gid;
  file.inode = staged->inode;
  // Of a link the time that it had before its footer was read: a write since then is
  // noticed.
  file.modified = MillisOf(staged->SameInode(info) ? info.modified : staged->modified);
  file.digest = found.digest;
  if (found.footer) file.rows = found.footer->rows;
  return Done{};
}

// True if what is there under the name already is the copy. Removes a damaged one: it is our own,
// and nothing has used it yet.
Result<bool> StagedFiles::Reuse(const Found& found, const StagedFile& file) {
  if (leftovers_.count(file.name) == 0) return false;
  const std::string target = place_.File(file.name);
  SALVOR_TRY(const bool same, SameBytes(fs_, *found.file, target));
  if (same) return true;
  SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(target));
  return false;
}

Status StagedFiles::LinkOrCopy(const Found& found, const std::string& target) {
  bool taken = false;
  bool must_copy = false;
  {
    const std::lock_guard lock(mutex_);
    must_copy = must_copy_;
  }
  if (!must_copy) {
    SALVOR_TRY(const io::LinkOutcome outcome, fs_.Link(*found.file, target));
    switch (outcome) {
      case io::LinkOutcome::kLinked: {
        const std::lock_guard lock(mutex_);
        ++linked_;
        return Done{};
      }
      case io::LinkOutcome::kExists:
        taken = true;
        break;
      case io::LinkOutcome::kOtherDevice: {
        const std::lock_guard lock(mutex_);
        if (!must_copy_) SALVOR_OK(MakeRoom(target));
        must_copy_ = true;
        break;
      }
      case io::LinkOutcome::kSourceGone:  // open, and so still there to be read
      case io::LinkOutcome::kNotPermitted:
        break;
    }
  }
  if (!taken) {
    SALVOR_TRY(const bool copied, fs_.CopyNew(*found.file, target));
    const std::lock_guard lock(mutex_);
    if (copied) ++copied_;
    taken = !copied;
  }
  if (!taken) return Done{};
  // Another run of the same plan is at work in the same folder, and makes the same files.
  SALVOR_TRY(const bool same, SameBytes(fs_, *found.file, target));
  if (same) return Done{};
  return Fail(Code::kConflict, "another run is changing this private copy", target,
              "Wait until it has ended, then run the same command again");
}

Status StagedFiles::MakeRoom(const std::string& target) {
  SALVOR_TRY(const int64_t available, fs_.FreeBytes(place_.Folder()));
  if (available >= total_bytes_) return Done{};
  return Fail(
      Code::kUnavailable,
      fmt::format("the private copy needs {} on another file system than the table's, and {} are "
                  "free",
                  FormatBytes(total_bytes_), FormatBytes(available)),
      target, "Make room, or choose a place beside the table with --staging");
}

// Readers subtract a vector's cardinality from numRecords: a file with one must have the right
// count in the log, and the vector must be what the log says.
Status StagedFiles::CheckVector(const Manifest& manifest, const ManifestPiece& piece) const {
  if (!piece.add.deletion_vector) return Done{};
  if (piece.add.num_records != piece.file.rows || !WrongClaim(piece).empty()) {
    return Fail(Code::kUnsupported,
                fmt::format("the log counts {} rows in a file with a deletion vector, the file "
                            "itself {}",
                            piece.add.num_records.value_or(-1), piece.file.rows.value_or(-1)),
                piece.add.path);
  }
  // Its file may be one that could not be brought.
  if (piece.vector && manifest.vectors[*piece.vector].file.digest.empty()) return Done{};
  const AddFile staged = StagedAdd(manifest, piece);
  auto deleted = LoadDeletedRows(fs_, place_.Folder(), *staged.deletion_vector, false);
  if (!deleted) {
    Error error = std::move(deleted).error();
    error.where = piece.add.path;  // the copy's own name says nothing to people
    return Fail(std::move(error));
  }
  if (deleted->End() <= static_cast<uint64_t>(*piece.file.rows)) return Done{};
  return Fail(Code::kCorrupt, "its deletion vector names rows that the file does not have",
              piece.add.path);
}

}  // namespace salvor::delta
