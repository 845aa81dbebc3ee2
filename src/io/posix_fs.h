// The machine's own file system.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/fs.h"

namespace salvor::io {

struct OpenedFile;
// Does what io/fs.h promises, by plain POSIX calls, each repeated when a signal interrupts it.
// Beyond that:
// - CreateNew, Replace and CopyNew write a temporary file (mode 0600) beside the target and give it
// the
//   mode and then the name when it is complete. Where the file system has neither hard links nor an
//   exclusive rename they fail with kUnsupported, and nothing is written.
// - Open, ReadFile, CopyNew and OpenAppend refuse what is not a regular file (kInvalidArgument) and
// do
//   not block on a pipe.
// - CopyNew shares the blocks where the file system can (FICLONE), and never copies set-user-id
// bits.
// - Link and SetModified do not follow a symbolic link as the last part of a path; OpenAppend
// refuses it.
// - HasExtendedAcl knows POSIX ACLs; NFSv4 ACLs are not looked at.
// - A file that would grow past the process's limit (ulimit -f) is kUnavailable: the signal that
//   would end the process (SIGXFSZ) is ignored in it from the first PosixFs on.
class PosixFs final : public Fs {
 public:
  // How a Folder opens: by openat2(2) where the kernel has it, or part by part, which is for tests.
  enum class Descent { kByKernel, kByHand };
  PosixFs() : PosixFs(Descent::kByKernel) {}
  explicit PosixFs(Descent descent);

  Result<std::optional<FileInfo>> Stat(const std::string& path) const override;
  Result<std::optional<FileInfo>> Lstat(const std::string& path) const override;
  Result<std::vector<std::string>> List(const std::string& directory) const override;
  Result<std::vector<Entry>> ListEntries(const std::string& directory) const override;
  Result<std::string> ReadFile(const std::string& path, int64_t limit) const override;
  Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) const override;
  Result<std::unique_ptr<Folder>> OpenFolder(const std::string& path) const override;
  Result<std::string> RealPath(const std::string& path) const override;
  Result<bool> HasExtendedAcl(const std::string& path) const override;
  [[nodiscard]] uint32_t EffectiveUser() const override;
  Result<int64_t> FreeBytes(const std::string& path) const override;

  void NameTemporaries(std::string_view owner) override;
  Result<bool> MakeDirectory(const std::string& path, uint32_t mode) override;
  Result<bool> CreateNew(const std::string& path, std::string_view bytes, uint32_t mode) override;
  Status Replace(const std::string& path, std::string_view bytes, uint32_t mode) override;
  Result<LinkOutcome> Link(const std::string& from, const std::string& to) override;
  Result<bool> CopyNew(const std::string& from, const std::string& to) override;
  Result<LinkOutcome> Link(const RandomAccessFile& from, const std::string& to) override;
  Result<bool> CopyNew(const RandomAccessFile& from, const std::string& to) override;
  Status SetModified(const std::string& path, Instant instant) override;
  Status SyncDirectory(const std::string& path) override;
  Status SyncDirectories(const std::vector<std::string>& paths) override;
  Result<bool> Remove(const std::string& path) override;
  Result<bool> RemoveDirectory(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::string& path, uint32_t mode) override;

 private:
  class Temporary;
  Result<Temporary> MakeTemporary(const std::string& target);
  template <typename Write>
  auto ByTemporary(const std::string& target, const Write& write)
      -> decltype(write(std::declval<Temporary&>()));

  Result<bool> CopyOpened(const OpenedFile& source, const std::string& from, const std::string& to);

  Descent descent_;
  std::atomic<uint64_t> next_temporary_{0};
  std::mutex owner_mutex_;
  std::string owner_;
};

}  // namespace salvor::io
