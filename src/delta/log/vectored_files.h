// Files that are live more than once, under several deletion vectors or under one and none: a path
// added again without a remove of what it was. Readers read its rows once for each. Only files with
// vectors are kept here, by path.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "delta/log/doubts.h"
#include "delta/log/line_scanner.h"
#include "delta/log/live_files.h"

namespace salvor::delta {

class VectoredFiles {
 public:
  // One action of a file with a vector; `whole` is the key of its path without one.
  void Take(const FileAction& file, const FileKey& whole);
  // One action of a file without a vector.
  void TakeWhole(const FileAction& file) {
    if (!files_.empty() && files_.contains(file.key)) touched_.push_back(file.key);
  }

  // What readers disagree about in the files that the commit touched; null where nobody asks.
  void EndCommit(int64_t version, const LiveSet& live, Doubts* doubts);
  // The same for all files.
  void TellAll(int64_t version, const LiveSet& live, Doubts& doubts);

 private:
  struct Entry {
    FileKey key;
    uint32_t values_id = 0;
  };
  struct File {
    std::vector<Entry> entries;  // live ones, in the order of the log
    bool told = false;
  };

  static void Tell(const FileKey& whole, File& file, int64_t version, const LiveSet& live,
                   Doubts& doubts);

  std::unordered_map<FileKey, File, ByLowerHalf> files_;
  std::vector<FileKey> touched_;
};

}  // namespace salvor::delta
