// One file under two names on the disk: a hard link, a linked folder, a folder mounted twice. A
// file that comes back must not be one that readers read already by its other name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/protocol/file_key.h"
#include "delta/table/table_log.h"
#include "io/fs.h"

namespace salvor::delta {

class LinkedTwins {
 public:
  // A file that is to come back: its path as the log spells it, and one of its names on the disk.
  void Expect(const std::string& log_path, const io::FileInfo& info);
  // These leave the table in the same commit.
  void ExpectRemoved(const std::vector<AddFile>& files);

  // Looks on the disk for those live files that are as long as one which is expected.
  Status Find(const io::FsReader& fs, Log& log, const LiveFiles& live);
  // Why the file may not come back; "" where nothing stands in the way.
  [[nodiscard]] std::string RefusalOf(const std::string& log_path) const;

 private:
  struct Expected {
    uint64_t device = 0;
    uint64_t inode = 0;
    std::string log_path;
  };
  std::vector<Expected> expected_;
  std::unordered_set<int64_t> sizes_;
  std::unordered_set<FileKey, ByLowerHalf> removed_;
  std::map<std::string, std::string> twins_;  // log path -> that of the live one
};

// The first refusal of these, "" if there is none.
std::string FirstRefusal(const LinkedTwins& twins, const std::vector<AddFile>& adds);

}  // namespace salvor::delta
