// Getting the old files into the private copy: hard links where the system allows them, checked
// copies elsewhere; what an earlier, killed run left, or another plan's copy has, is looked at and
// kept.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/commit/table_files.h"
#include "delta/parquet/footer.h"
#include "delta/staging/manifest.h"
#include "delta/staging/saved_copies.h"
#include "delta/staging/staging.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

class StagedFiles {
 public:
  // Borrows all but the place.
  StagedFiles(io::Fs& fs, warehouse::Progress& progress, const StagingPlace& place,
              SourceFiles& sources, SavedCopies& saved);

  // Brings every piece and vector of the manifest, whose names are set, into the folder, and fills
  // in the rest of each StagedFile. What is linked or copied is the very file whose size, footer
  // and vectors were found to be what the log says, opened without following a link. A file that is
  // gone (kTooLate), damaged or refused costs its partitions only: see Damaged. The error is for
  // what stops all of them. Not durable until the folder is synced.
  Status Bring(Manifest& manifest);

  [[nodiscard]] const Damage& Damaged() const { return damaged_; }
  // Pieces whose footers only reading the rows can tell from damaged ones.
  [[nodiscard]] const std::vector<size_t>& Doubtful() const { return doubtful_; }
  // The pieces, grouped by snapshot and by what their footers say of the columns.
  [[nodiscard]] std::vector<std::vector<size_t>> OfEachSchema() const;
  void AddDamage(size_t partition, Error error);
  [[nodiscard]] int64_t Linked() const { return linked_; }
  [[nodiscard]] int64_t Copied() const { return copied_; }

 private:
  // A file that is to be brought: a piece's if `add` is set, else one of vectors.
  struct Wanted {
    std::string source;
    const AddFile* add = nullptr;
    const StagedVector* vector = nullptr;
  };
  struct Found {
    std::unique_ptr<io::RandomAccessFile> file;
    std::string digest;
    std::optional<ParquetFooter> footer;
  };

  Status ListLeftovers();
  Status BringVectors(Manifest& manifest);
  Status BringPieces(Manifest& manifest);
  // Calls `bring` for every number below `count`, from several threads where there are many.
  Status ForEach(size_t count, const std::function<Status(size_t)>& bring);
  // The error is why this file cannot be saved.
  Result<Found> Find(const Wanted& wanted, const StagedFile& file);
  static Result<Found> Examine(const Wanted& wanted, std::unique_ptr<io::RandomAccessFile> file);
  // The error stops everything.
  Status Take(const Found& found, StagedFile& file);
  Result<bool> Reuse(const Found& found, const StagedFile& file);
  Status LinkOrCopy(const Found& found, const std::string& target);
  Status MakeRoom(const std::string& target);
  Status CheckVector(const Manifest& manifest, const ManifestPiece& piece) const;

  io::Fs& fs_;
  warehouse::Progress& progress_;
  const StagingPlace& place_;
  SourceFiles& sources_;
  SavedCopies& saved_;
  std::map<std::string, io::FileInfo> leftovers_;
  std::mutex mutex_;  // of all that follows
  Damage damaged_;
  std::vector<size_t> doubtful_;
  std::map<std::pair<int64_t, std::string>, std::vector<size_t>> of_schema_;
  bool must_copy_ = false;
  int64_t total_bytes_ = 0;
  int64_t linked_ = 0;
  int64_t copied_ = 0;
};

}  // namespace salvor::delta
