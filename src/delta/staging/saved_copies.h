// What other plans' private copies below the same root hold: a plan that replaces one of which not
// everything could be saved takes over what was.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "delta/staging/manifest.h"
#include "io/fs.h"

namespace salvor::delta {

class SavedCopies {
 public:
  // Borrows the file system. `own` is the folder that is being filled.
  SavedCopies(const io::FsReader& fs, std::string root, std::string own, std::string table_id)
      : fs_(fs), root_(std::move(root)), own_(std::move(own)), table_id_(std::move(table_id)) {}

  struct Opened {
    std::unique_ptr<io::RandomAccessFile> file;  // nothing if there is none
    std::string digest;                          // as it was when it was saved
  };
  // The file that another copy of the same table has of this very log entry, or of the file of
  // vectors with this local path. Reads the manifests at the first call. Thread-safe for one caller
  // at a time.
  Result<Opened> OpenPiece(const AddFile& add);
  Result<Opened> OpenVector(const std::string& original);

 private:
  struct Saved {
    std::string folder;
    StagedFile file;
  };

  void Load();
  void LoadOne(const std::string& folder);
  Result<Opened> Open(const std::map<std::string, Saved>& known, const std::string& name) const;

  const io::FsReader& fs_;
  std::string root_;
  std::string own_;
  std::string table_id_;
  bool loaded_ = false;
  std::map<std::string, Saved> pieces_;   // by the entry's JSON
  std::map<std::string, Saved> vectors_;  // by local path
};

}  // namespace salvor::delta
