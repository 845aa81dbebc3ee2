// The file system, as everything above sees it. Implementations: PosixFs (io/posix_fs.h), and for
// tests MemFs and CrashingFs (testing/).
//
// Two handles: FsReader cannot change anything; Fs can. Paths are byte strings as the system takes
// them. Answers that a caller expects (absent, already there, another file system) are values.
// Errors carry the path in `where`: kPermission (EACCES, EPERM, EROFS), kUnavailable (ENOSPC,
// EDQUOT, EIO and the like), kNotFound (a missing parent), kInvalidArgument (a name too long, a
// loop of links). Thread-safe: any method may be called from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::io {

struct FileInfo {
  enum class Type { kFile, kDirectory, kSymlink, kOther };
  Type type = Type::kFile;
  int64_t size = 0;  // bytes
  Instant modified;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 1;
  uint32_t mode = 0;  // permission bits, 07777
  uint32_t uid = 0;
  uint32_t gid = 0;

  [[nodiscard]] bool SameInode(const FileInfo& other) const {
    return device == other.device && inode == other.inode;
  }
};

class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // As they were when it was opened.
  [[nodiscard]] virtual FileInfo Info() const = 0;
  [[nodiscard]] int64_t Size() const { return Info().size; }
  // Reads up to `size` bytes at `offset` into `buffer`; fewer only at the end of the file.
  virtual Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const = 0;
};

// A folder that was opened once: what is opened in it lies below it, whoever swaps folders for
// links meanwhile. Thread-safe.
class Folder {
 public:
  virtual ~Folder() = default;
  // The file at the relative `path`. kNotFound if it is absent; kRefused for a symbolic link in any
  // part of the path, for "..", and for anything but a regular file at its end.
  virtual Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) const = 0;
};

class FsReader {
 public:
  virtual ~FsReader() = default;

  // Nothing where the path is absent. Stat follows symbolic links, Lstat does not.
  virtual Result<std::optional<FileInfo>> Stat(const std::string& path) const = 0;
  virtual Result<std::optional<FileInfo>> Lstat(const std::string& path) const = 0;
  // The names in a directory, sorted by byte, without "." and "..". kNotFound if it is absent.
  virtual Result<std::vector<std::string>> List(const std::string& directory) const = 0;
  // Like List, with each entry's FileInfo (not following links): cheaper than a Stat per name.
  struct Entry {
    std::string name;
    FileInfo info;
  };
  virtual Result<std::vector<Entry>> ListEntries(const std::string& directory) const = 0;
  // The whole file. kNotFound if absent; kInvalidArgument above `limit` bytes.
  virtual Result<std::string> ReadFile(const std::string& path, int64_t limit) const = 0;
  virtual Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) const = 0;
  // Follows the links of `path` itself. kNotFound if it is absent or no folder.
  virtual Result<std::unique_ptr<Folder>> OpenFolder(const std::string& path) const = 0;
  // The path with every symbolic link, "." and ".." resolved. kNotFound if any part is absent.
  virtual Result<std::string> RealPath(const std::string& path) const = 0;
  // True if an access or default ACL grants anything beyond the mode bits.
  virtual Result<bool> HasExtendedAcl(const std::string& path) const = 0;
  // The user that the process acts as, and the bytes free for it on the path's file system.
  [[nodiscard]] virtual uint32_t EffectiveUser() const = 0;
  virtual Result<int64_t> FreeBytes(const std::string& path) const = 0;
};

// An open journal-like file. Closing does not sync.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Status Append(std::string_view bytes) = 0;  // all of it, or an error
  virtual Status Sync() = 0;                          // durable on return
  virtual Status Truncate(int64_t size) = 0;
};

enum class LinkOutcome {
  kLinked,
  kExists,        // the new name is taken; nothing was changed
  kSourceGone,    // the old name is absent
  kOtherDevice,   // another file system: copy instead
  kNotPermitted,  // fs.protected_hardlinks, too many links, or no links on this file system: copy
};

// Names that start so are unfinished files of CreateNew, CopyNew and Replace, beside their target.
// A killed run may leave one behind, with mode 0600 or as a second name of a finished file; it is
// never read and may be deleted.
inline constexpr std::string_view kTemporaryPrefix = ".salvor-tmp-";
// How those of an owner (Fs::NameTemporaries) start: ".salvor-tmp-OWNER-".
std::string TemporaryPrefixOf(std::string_view owner);

class Fs : public FsReader {
 public:
  // From now on, in every thread, unfinished files bear this name (letters and digits; empty:
  // none), so that RemoveTemporaries can tell them from those that others are writing at this
  // moment.
  virtual void NameTemporaries(std::string_view owner) = 0;
  // One level; the parent must exist. An existing directory is success (`false` in the result).
  virtual Result<bool> MakeDirectory(const std::string& path, uint32_t mode) = 0;
  // Creates the file with exactly these bytes and mode, synced; nothing is there on failure.
  // `false` if the name was taken (nothing was changed). The directory entry is durable only after
  // SyncDirectory. Readers never see a part of it under `path`.
  virtual Result<bool> CreateNew(const std::string& path, std::string_view bytes,
                                 uint32_t mode) = 0;
  // Replaces or creates the file in one step, synced, directory entry included.
  virtual Status Replace(const std::string& path, std::string_view bytes, uint32_t mode) = 0;
  virtual Result<LinkOutcome> Link(const std::string& from, const std::string& to) = 0;
  // Copies bytes and mode to a new file, synced, then reads both again and compares; nothing is
  // left on failure. `false` if `to` was taken. Keeps the group where the system allows it.
  virtual Result<bool> CopyNew(const std::string& from, const std::string& to) = 0;
  // The same of a file that this file system opened: of the inode that was looked at, whatever has
  // its name by now. kSourceGone if it has no name any more.
  virtual Result<LinkOutcome> Link(const RandomAccessFile& from, const std::string& to) = 0;
  virtual Result<bool> CopyNew(const RandomAccessFile& from, const std::string& to) = 0;
  virtual Status SetModified(const std::string& path, Instant instant) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
  // Each of them, in any order or at once; the first failure is the answer, and some may be synced
  // then. Here one after the other, which is what a fake wants.
  virtual Status SyncDirectories(const std::vector<std::string>& paths);
  // `false` if it was absent.
  virtual Result<bool> Remove(const std::string& path) = 0;           // a file or a link
  virtual Result<bool> RemoveDirectory(const std::string& path) = 0;  // an empty directory
  // Opens for appending, creating with `mode`, and takes an exclusive lock that ends with the
  // handle: kConflict if another process holds it.
  virtual Result<std::unique_ptr<AppendFile>> OpenAppend(const std::string& path,
                                                         uint32_t mode) = 0;
};

// Takes away what killed runs of this owner (not empty) left in a folder. The caller knows that no
// other run of it is at work there. What cannot be taken away stays: it is in nobody's way.
void RemoveTemporaries(Fs& fs, const std::string& folder, std::string_view owner);

// "a/b" from "a" and "b"; an absolute `name` is not expected here.
std::string JoinPath(std::string_view directory, std::string_view name);
// The folder of "a/b" is "a", of "b" is ".", of "/b" is "/"; the name of "a/b/" is "b".
std::string ParentPath(std::string_view path);
std::string BaseName(std::string_view path);

}  // namespace salvor::io
