// Many JSON files of a log, scanned by a few threads ahead of one reader that gets the pieces in
// order. What is in flight is bounded: some MB, whatever the log's size.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/files/table_files.h"
#include "delta/log/line_scanner.h"
#include "delta/log/listing.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// A run of whole lines of one file.
struct Piece {
  size_t file = 0;    // index into the list of files that was given
  bool last = false;  // no more of this file follows
  ScannedLines lines;
};

class LogPipeline {
 public:
  // `folder` holds the files; `root` is the table's folder.
  LogPipeline(const TableFiles& fs, std::string folder, std::string root, PartitionValuesPool& pool,
              warehouse::Progress& progress);

  // Calls `take` on the caller's thread with every piece of every file, in order, every file at
  // least once. Stops at the first error, of a file (with "path:line" and what went wrong) or of
  // `take`.
  Status Run(const std::vector<LogFile>& files, const std::function<Status(Piece&)>& take);
  // The file that could not be read, if that is why Run failed.
  [[nodiscard]] const std::optional<size_t>& Unreadable() const { return unreadable_; }

 private:
  const TableFiles fs_;
  std::string folder_;
  std::string root_;
  PartitionValuesPool& pool_;
  warehouse::Progress& progress_;
  std::optional<size_t> unreadable_;
};

}  // namespace salvor::delta
