// A file system that hands every call to another one, after asking whether it may.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/fs.h"

namespace salvor::testing {

// The calls of the seam; kAppend, kSync and kTruncate are those of its open files.
enum class Call {
  kStat,  // and Lstat
  kList,  // and ListEntries
  kReadFile,
  kOpen,  // and what is opened in an open folder
  kReadAt,
  kRealPath,
  kHasExtendedAcl,
  kFreeBytes,
  kMakeDirectory,
  kCreateNew,
  kReplace,
  kLink,
  kCopyNew,
  kSetModified,
  kSyncDirectory,
  kRemove,
  kRemoveDirectory,
  kOpenAppend,
  kAppend,
  kSync,
  kTruncate,
};
std::string_view CallName(Call call);

// Thread-safe if Before is. The file system behind it must outlive it, and it its open files.
class InterceptingFs : public io::Fs {
 public:
  Result<std::optional<io::FileInfo>> Stat(const std::string& path) const override;
  Result<std::optional<io::FileInfo>> Lstat(const std::string& path) const override;
  Result<std::vector<std::string>> List(const std::string& directory) const override;
  Result<std::vector<Entry>> ListEntries(const std::string& directory) const override;
  Result<std::string> ReadFile(const std::string& path, int64_t limit) const override;
  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const override;
  Result<std::unique_ptr<io::Folder>> OpenFolder(const std::string& path) const override;
  Result<std::string> RealPath(const std::string& path) const override;
  Result<bool> HasExtendedAcl(const std::string& path) const override;
  [[nodiscard]] uint32_t EffectiveUser() const override;
  Result<int64_t> FreeBytes(const std::string& path) const override;

  void NameTemporaries(std::string_view owner) override { inner_.NameTemporaries(owner); }
  Result<bool> MakeDirectory(const std::string& path, uint32_t mode) override;
  Result<bool> CreateNew(const std::string& path, std::string_view bytes, uint32_t mode) override;
  Status Replace(const std::string& path, std::string_view bytes, uint32_t mode) override;
  Result<io::LinkOutcome> Link(const std::string& from, const std::string& to) override;
  Result<bool> CopyNew(const std::string& from, const std::string& to) override;
  Result<io::LinkOutcome> Link(const io::RandomAccessFile& from, const std::string& to) override;
  Result<bool> CopyNew(const io::RandomAccessFile& from, const std::string& to) override;
  Status SetModified(const std::string& path, Instant instant) override;
  Status SyncDirectory(const std::string& path) override;
  Result<bool> Remove(const std::string& path) override;
  Result<bool> RemoveDirectory(const std::string& path) override;
  Result<std::unique_ptr<io::AppendFile>> OpenAppend(const std::string& path,
                                                     uint32_t mode) override;

 protected:
  explicit InterceptingFs(io::Fs& inner) : inner_(inner) {}

  // Before each call, with its path (the new one of Link and CopyNew). An error is returned in
  // place of calling.
  virtual Status Before(Call call, const std::string& path) const = 0;

  // The file as the file system behind this one opened it.
  static const io::RandomAccessFile& Inner(const io::RandomAccessFile& file);

  io::Fs& inner_;

 private:
  class HeldFolder;
  class ReadingFile;
  class AppendingFile;
};

}  // namespace salvor::testing
