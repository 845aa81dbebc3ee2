// From what a log entry says to a regular file in the table's folder. Logs are attack surface: a
// path may be absolute, hold "..", or lead through a symbolic link to where others' files are.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "io/fs.h"

namespace salvor::delta {

// Not thread-safe: it remembers the folders that were checked.
class SourceFiles {
 public:
  // Both borrowed; `table_root` is absolute.
  SourceFiles(const io::FsReader& fs, const std::string& table_root);

  // The local path, which need not exist. kRefused, by name, if it leads out of the table's folder.
  Result<std::string> Locate(const std::string& log_path);
  Result<std::string> LocateVector(const DeletionVector& vector);
  // The folder of a local path in the table, made if it is absent (as a VACUUM leaves it).
  Status MakeFolderOf(io::Fs& fs, const std::string& local_path);

  // Whether a local path lies in the table's folder.
  [[nodiscard]] bool Holds(const std::string& local_path) const {
    return local_path.starts_with(root_ + "/");
  }
  // Nothing for an absent file; kRefused for anything but a regular one.
  Result<std::optional<io::FileInfo>> Look(const std::string& local_path) const;
  // The file itself, without following a link anywhere below the table's folder; nothing if it is
  // absent, kRefused as Look. Thread-safe once a first call has returned.
  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& local_path);

 private:
  Status CheckFolder(const std::string& folder);

  const io::FsReader& fs_;
  std::string root_;
  std::unique_ptr<io::Folder> folder_;  // the root, once something was opened in it
  std::string real_root_;
  std::set<std::string> checked_;
  std::set<std::string> made_;    // by MakeFolderOf, or found there by it
  std::set<std::string> synced_;  // folders whose entries of before this run are durable
};

// True if both hold the same bytes; false if they differ or `b` is gone.
Result<bool> SameBytes(const io::FsReader& fs, const io::RandomAccessFile& a, const std::string& b);

}  // namespace salvor::delta
