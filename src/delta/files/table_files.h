// The seam to a table's files, for what only reads: narrower than a file system, so that a store of
// objects can stand behind it without folders, links and modes of its own making.
//
// Paths begin with the table's root as the table was opened: "/lake/t/…", "s3://bucket/t/…".
// Errors: kNotFound, kPermission, kUnavailable, kConflict (the file changed while it was read).
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

struct FoundFile {
  std::string name;
  int64_t size = 0;
  Instant modified;
  bool is_folder = false;  // something lies below that name
};

class FileSource {
 public:
  virtual ~FileSource() = default;

  // What lies directly below a folder, by byte order of names. kNotFound where nothing does.
  virtual Result<std::vector<FoundFile>> List(const std::string& folder) const = 0;
  // Its name is the path; nothing where it is absent.
  virtual Result<std::optional<FoundFile>> Find(const std::string& path) const = 0;
  virtual Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const = 0;
  // A path on this machine that has the file's bytes for as long as the source lives.
  virtual Result<std::string> LocalCopy(const std::string& path) const = 0;
  // The file system, where there is one to walk.
  [[nodiscard]] virtual const io::FsReader* Folders() const = 0;
  // Where there is none: every file below the folder, at any depth, named relative to it.
  virtual Status ListBelow(const std::string& folder,
                           const std::function<void(const FoundFile&)>& take) const = 0;
};

// A source, held. A file system is one by itself; it must outlive what holds it.
class TableFiles {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): whatever reads files reads those of a file system
  TableFiles(const io::FsReader& fs);
  explicit TableFiles(std::shared_ptr<const FileSource> source) : source_(std::move(source)) {}

  const FileSource* operator->() const { return source_.get(); }
  // The whole file. kInvalidArgument above `limit` bytes.
  [[nodiscard]] Result<std::string> ReadFile(const std::string& path, int64_t limit) const;

 private:
  std::shared_ptr<const FileSource> source_;
};

}  // namespace salvor::delta
