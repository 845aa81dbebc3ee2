// Where the files of a log lie on the disk. Nearly every path is spelled plainly and without
// escapes, and has no vector: then the file's key tells its place too. Only the others are kept.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "delta/log/disk_files.h"
#include "delta/log/line_scanner.h"
#include "delta/protocol/file_key.h"

namespace salvor::delta {

struct FilePlaces {
  DiskKey data = kElsewhere;
  DiskKey vector = kElsewhere;
  int64_t vector_end = 0;  // in its file
};

class LoggedPlaces {
 public:
  // One action's file, and where it lies unless its key says so.
  void Take(const FileAction& file, const PlacedFile* placed) {
    if (placed == nullptr) return;
    places_[file.key] = {placed->data.key, placed->vector.key, placed->vector_end};
    for (const DiskPlace* place : {&placed->data, &placed->vector})
      if (!place->outside_folder.empty()) outside_.insert(place->outside_folder);
  }
  [[nodiscard]] FilePlaces Of(const FileKey& file) const {
    const auto at = places_.find(file);
    return at == places_.end() ? FilePlaces{file.low, kElsewhere, 0} : at->second;
  }
  // Folders that are not below the table's.
  [[nodiscard]] const std::set<std::string>& OutsideFolders() const { return outside_; }

 private:
  struct Hash {
    size_t operator()(const FileKey& key) const { return key.low; }
  };
  std::unordered_map<FileKey, FilePlaces, Hash> places_;
  std::set<std::string> outside_;
};

}  // namespace salvor::delta
