// A private copy of bytes instead of links: nobody who writes to the table's files changes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/staging/manifest.h"
#include "delta/staging/staging.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

class CopyApart {
 public:
  // Borrows all.
  CopyApart(io::Fs& fs, warehouse::Progress& progress, const StagingPlace& place)
      : fs_(fs), progress_(progress), place_(place) {}

  // Copies what lies in the folder as a link to a file that also has other names, under names of
  // its own, which the manifest has afterwards. The links stay until RemoveShared, which is for
  // when the manifest was written: a run that is killed in between has all of them or none.
  Status Copy(Manifest& manifest);
  Status RemoveShared();

  [[nodiscard]] int64_t Copied() const { return copied_; }

 private:
  Status CopyOne(StagedFile& file, const std::string& name);
  Status MakeRoom(const Manifest& manifest) const;

  io::Fs& fs_;
  warehouse::Progress& progress_;
  const StagingPlace& place_;
  std::vector<std::string> shared_;  // names that the manifest no longer has
  int64_t copied_ = 0;
};

}  // namespace salvor::delta
