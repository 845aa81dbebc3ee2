// Getting the old files into the private copy: hard links where the system allows them, checked
// copies elsewhere; what an earlier, killed run left is looked at and kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/manifest.h"
#include "delta/source_file.h"
#include "delta/staging.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

class StagedFiles {
 public:
  // Borrows all but the place.
  StagedFiles(io::Fs& fs, warehouse::Progress& progress, const StagingPlace& place,
              SourceFiles& sources);

  // Brings every piece and vector of the manifest, whose names are set, into the folder, and fills
  // in size, mode and group. Gone sources are collected (see Gone); a source of another size than
  // its log entry says is kCorrupt. Not durable until the folder is synced.
  Status Bring(Manifest& manifest);

  [[nodiscard]] const std::vector<std::string>& Gone() const { return gone_; }
  [[nodiscard]] int64_t Linked() const { return linked_; }
  [[nodiscard]] int64_t Copied() const { return copied_; }

 private:
  Status ListLeftovers();
  Status BringOne(const std::string& source, std::optional<int64_t> size, StagedFile& file);
  Result<bool> Reuse(const std::string& source, const std::optional<io::FileInfo>& original,
                     const StagedFile& file);
  Status LinkOrCopy(const std::string& source, const std::string& target);
  Status MakeRoom(const std::string& source);

  io::Fs& fs_;
  warehouse::Progress& progress_;
  const StagingPlace& place_;
  SourceFiles& sources_;
  std::map<std::string, io::FileInfo> leftovers_;
  std::vector<std::string> gone_;
  bool must_copy_ = false;
  int64_t total_bytes_ = 0;
  int64_t linked_ = 0;
  int64_t copied_ = 0;
};

}  // namespace salvor::delta
