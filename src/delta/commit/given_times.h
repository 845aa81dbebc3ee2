// The times of modification that apply gave to files: those of the private copy are the same
// inodes.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

class StagedTimes {
 public:
  // None if the file is absent.
  static Result<StagedTimes> Load(const io::FsReader& fs, const std::string& path);
  // Adds one, durably.
  static Status Note(io::Fs& fs, const std::string& path, Instant instant);

  [[nodiscard]] bool Has(Instant instant) const { return times_.count(MillisOf(instant)) != 0; }

 private:
  std::set<int64_t> times_;  // milliseconds since 1970
};

}  // namespace salvor::delta
