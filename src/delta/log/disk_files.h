// The files of a table's folders, found by listing: each folder once, no file is opened. A million
// of them are held in some 32 bytes each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/files/table_files.h"
#include "delta/protocol/action.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// Where a file lies, as one number. Two files of one table are taken for one with odds of
// n^2 / 2^65 (file_key.h).
using DiskKey = uint64_t;
// A place that is not looked at.
inline constexpr DiskKey kElsewhere = 0;

struct DiskPlace {
  DiskKey key = kElsewhere;
  std::string outside_folder;  // where the file does not lie below the table's folder
};
// Of a path as the log spells it. kElsewhere for what leads to another file system, or up by "..".
DiskPlace PlaceOnDisk(const std::string& table_root, std::string_view log_path);
// Of a vector's file; kElsewhere also where it needs none.
DiskPlace PlaceOfVector(const std::string& table_root, const DeletionVector& vector);

class DiskFiles {
 public:
  struct File {
    DiskKey key = 0;
    int64_t size = 0;
    uint32_t folder = 0;
    bool is_data = false;  // as a writer names data files, and not of late
    bool named = false;    // by the log
    bool live = false;     // a file of the table as it is now
  };

  // Borrowed, for the time of the calls that list.
  DiskFiles(const TableFiles& files, std::string table_root);

  // All below the table's folder but its log, by a few threads; folders behind links too. A folder
  // that cannot be listed holds nothing, and is remembered. What was changed after `settled` may be
  // some writer's unfinished work.
  void ListTable(Instant settled, warehouse::Progress& progress);
  // One folder, relative or elsewhere, without those below it; once, and not after ListTable.
  void ListFolder(const std::string& folder);

  // Nothing if there is no such file. Valid until the next listing.
  [[nodiscard]] const File* Find(DiskKey key) const;
  // The log names this file; it is live.
  void Name(DiskKey key);
  void SetLive(DiskKey key);

  // Data files that the log does not name, by folder, in order of folders.
  struct Unnamed {
    std::string folder;  // relative; "" is the table's own
    int64_t files = 0;
    int64_t bytes = 0;
  };
  [[nodiscard]] std::vector<Unnamed> UnnamedData() const;
  // "d=1: permission denied", for each folder that could not be listed.
  [[nodiscard]] const std::vector<std::string>& Unlisted() const { return unlisted_; }

 private:
  struct Folder {
    std::string path;  // relative; absolute where it lies elsewhere
    uint32_t parent = 0;
    uint64_t device = 0;
    uint64_t inode = 0;
    bool hidden = false;  // by its name, or that of one above it: no data of the table's
  };
  struct Listed {
    std::vector<File> files;
    std::vector<Folder> folders;
    std::string unlisted;
  };

  [[nodiscard]] std::string LocalPath(const std::string& folder) const;
  [[nodiscard]] Listed List(uint32_t folder, Instant settled) const;
  Status TakeEntry(uint32_t folder, const io::FsReader::Entry& entry, Instant settled,
                   std::string& path, Listed& into) const;
  File* At(DiskKey key);
  [[nodiscard]] bool IsAbove(uint32_t folder, const io::FileInfo& info) const;
  std::vector<Listed> ListLevel(size_t begin, Instant settled, warehouse::Progress& progress) const;
  [[nodiscard]] Listed ListStoreFolder(uint32_t folder) const;
  void ListStore(Instant settled);
  uint32_t FolderOf(std::string_view path);
  void Take(Listed listed);
  void Reserve(size_t files);

  const TableFiles files_of_;
  const io::FsReader* const fs_;  // null: a store, which has no folders to walk
  std::string root_;
  std::vector<Folder> folders_;
  std::vector<File> files_;
  std::vector<uint32_t> slots_;  // open addressing, linear: 1 + an index into files_, 0 is free
  std::vector<std::string> unlisted_;
  std::unordered_map<std::string, uint32_t> store_folders_;  // a store's, by path
};

}  // namespace salvor::delta
