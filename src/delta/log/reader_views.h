// Files that one reader takes for live and another does not: because the log spells their paths in
// more than one way (path_spelling.h), or because one commit both adds and removes them (Spark
// takes its last action, DuckDB and delta-rs the first). Kept for such files alone: others cost
// nothing here.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "delta/log/doubts.h"
#include "delta/log/line_scanner.h"
#include "delta/log/live_files.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"

namespace salvor::delta {

class Readings {
 public:
  // One action, before `live` takes it; `odd` is null for a plain spelling, and where nothing odd
  // was met yet, such an action needs no call.
  void Add(const FileAction& file, const OddPath* odd, const LiveSet& live);
  void Remove(const FileAction& file, const OddPath* odd, const LiveSet& live);
  [[nodiscard]] bool IsEmpty() const { return families_.empty() && contested_.empty(); }

  // The last commit has two actions of the file that do not come to the same: Spark takes the last,
  // DuckDB and delta-rs the first. Once for each of its partitions.
  void Contest(const FileKey& file, uint32_t values_id, int64_t rows);

  // What readers disagree about in the files that the commit touched; null where nobody asks.
  void EndCommit(int64_t version, Doubts* doubts);
  // The same for all files.
  void TellAll(int64_t version, Doubts& doubts);

  // True if some reader takes the file for live, however its path is spelled. Files that were
  // never spelled but plainly are not known here.
  [[nodiscard]] bool AnyReaderHas(const FileKey& file) const;
  // A path with which Spark cannot read the table: of a live file, or of any action since the last
  // call of ForgetActions (what a checkpoint covers, nobody reads). "" if there is none.
  [[nodiscard]] const std::string& NoUri() const { return no_uri_; }
  void ForgetActions();

 private:
  // One spelling of the file, live for at least one reader.
  struct Entry {
    FileKey written;
    FileKey spark;
    FileKey folded;
    std::string path;
    uint32_t values_id = 0;
    int64_t rows = 0;
    bool is_uri = true;
    bool by_written = false;
    bool by_spark = false;
    bool by_folded = false;
  };
  struct Family {
    std::string plain;  // the file's plain spelling
    std::vector<Entry> entries;
    std::string stray;  // a remove that means the file and cancels nothing
    bool told = false;
  };
  struct Contested {
    std::vector<uint32_t> values_ids;
    int64_t rows = 0;
    bool settled = false;
    bool told = false;
  };

  Family* FamilyOf(const FileAction& file, const OddPath* odd, const LiveSet& live);
  void Tell(const FileKey& file, Family& family, int64_t version, Doubts& doubts) const;
  void Settle(const FileKey& file);
  void TellContested(int64_t version, Doubts* doubts);

  std::unordered_map<FileKey, Family, ByLowerHalf> families_;
  std::unordered_map<FileKey, Contested, ByLowerHalf> contested_;
  std::vector<FileKey> touched_;
  std::string no_uri_;
};

// All live files of a version, whatever their partition.
struct LiveFiles {
  std::string table_root;
  LiveSet set;
  Readings readings;
  TableHead head;
  std::vector<LogSource> sources;  // that the places of `set` are in

  // True if some reader reads the file now, with this vector or without one, in this
  // partition or another, and however its path is spelled.
  [[nodiscard]] bool AnyReaderHas(const AddFile& file) const;
};

}  // namespace salvor::delta
