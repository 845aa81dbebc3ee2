// What is left of the files that an emptying removed, and until when it may be counted on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/log_lines.h"
#include "delta/log_story.h"
#include "io/fs.h"
#include "model/inventory.h"

namespace salvor::delta {

class EvidenceReader {
 public:
  // `sources` are the log's files that LostFile::source counts.
  EvidenceReader(const io::FsReader& fs, std::string table_root,
                 const std::vector<std::string>& sources);

  // Fills files_present and files_gone. A file whose path cannot be a file here counts as gone.
  Status Look(std::vector<LostFile>& lost, model::PartitionRecord& record);

 private:
  Result<bool> IsPresent(const LostFile& file);
  Result<bool> Exists(const std::string& path);

  const io::FsReader& fs_;
  std::string root_;
  const std::vector<std::string>& sources_;
  std::optional<LineSeeker> open_;
  uint32_t open_source_ = 0;
  std::string last_vector_;
  bool last_vector_exists_ = false;
};

}  // namespace salvor::delta
