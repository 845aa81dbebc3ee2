// What is left of the files that an emptying removed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/files/table_files.h"
#include "delta/log/disk_files.h"
#include "delta/log/essential_adds.h"
#include "delta/log/line_reader.h"
#include "delta/log/logged_places.h"
#include "delta/log/partition_history.h"
#include "delta/log/replay.h"
#include "model/inventory.h"

namespace salvor::delta {

// A few names tell where to look; more would hide the rest.
inline constexpr size_t kMaxExamples = 3;

// What is wrong with one file, "" if nothing is: it is where it should be, with its vector, and as
// long as the log says (0: the log says nothing).
std::string WrongWith(const DiskFiles& disk, const FilePlaces& places, int64_t logged_size);

class RemovedFileReader {
 public:
  // `replay` has what RemovedFile counts. All are borrowed.
  RemovedFileReader(const TableFiles& fs, const std::string& table_root, const DiskFiles& disk,
                    const Replay& replay)
      : fs_(fs), root_(table_root), disk_(disk), replay_(replay) {}

  // Fills files_present, files_gone and gone_examples. A file whose path cannot be a file here
  // counts as gone.
  Status Look(const std::vector<RemovedFile>& lost, model::PartitionRecord& record);

  // The folders that these files lie in, as DiskFiles lists them, each once; nothing where more
  // than their paths tells where a file lies.
  Status TakeFolders(const std::vector<RemovedFile>& lost,
                     std::optional<std::set<std::string>>& folders);

 private:
  Result<std::string> PathOf(const RemovedFile& file);

  const TableFiles fs_;
  const std::string& root_;
  const DiskFiles& disk_;
  const Replay& replay_;
  EssentialsReader essentials_;
  std::optional<LineSeeker> open_;
  uint32_t open_source_ = 0;
};

}  // namespace salvor::delta
