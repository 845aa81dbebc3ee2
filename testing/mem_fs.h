// A file system in memory, for tests: io::Fs to the letter, and the handles to set the scene.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/clock.h"
#include "io/fs.h"

namespace salvor::testing {

// Starts with an empty root folder "/" (mode 0755, owned by the acting user). Relative paths start
// there too. Times of modification come from the clock, which must outlive it. Modes are enforced
// for every acting user but 0. Thread-safe. Nothing is ever lost: see CrashingFs for that.
class MemFs final : public io::Fs {
 public:
  static constexpr uint32_t kUser = 1000;  // who acts unless ActAs says otherwise

  explicit MemFs(const io::Clock& clock);
  ~MemFs() override;

  // One call of the seam: the method's name and its path (for Link and CopyNew the new one).
  struct Access {
    std::string method;
    std::string path;
    bool operator==(const Access&) const = default;
  };
  // Every call of an io::Fs method since the start or the last ForgetAccesses, in order.
  [[nodiscard]] std::vector<Access> Accesses() const;
  void ForgetAccesses();

  // Setting the scene: no access is recorded, no right is checked, and a path that cannot be is a
  // failed assertion.
  void Put(const std::string& path, std::string_view bytes, uint32_t mode = 0644);  // parents too
  void PutFolder(const std::string& path, uint32_t mode = 0755);                    // parents too
  void PutSymlink(const std::string& path, const std::string& target);
  void PutPipe(const std::string& path);
  // What is below this folder lies on another device from now on.
  void PutMount(const std::string& path, uint64_t device);
  void SetOwner(const std::string& path, uint32_t uid, uint32_t gid);
  void SetMode(const std::string& path, uint32_t mode);
  void SetExtendedAcl(const std::string& path, bool extended);
  void ForbidLinking(const std::string& path);  // as fs.protected_hardlinks does for others' files
  void ActAs(uint32_t uid);
  void SetFreeBytes(int64_t bytes);  // an answer only; writing does not use them up

  // Every file, link and folder with its content ("-> target" of a link), by path.
  [[nodiscard]] std::map<std::string, std::string> Everything() const;

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

  // Nothing is ever unfinished here.
  void NameTemporaries(std::string_view /*owner*/) override {}
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

 private:
  struct Inode;
  struct Tree;
  struct Found;
  class OpenedForReading;
  class OpenedFolder;
  class OpenedForAppending;

  // With the tree locked.
  Result<io::LinkOutcome> LinkInode(const std::shared_ptr<Inode>& source, const std::string& to);
  Result<bool> CopyInode(const Inode& source, const std::string& to);

  void Record(std::string_view method, const std::string& path) const;
  Found Place(const std::string& path);
  Inode& Placed(const std::string& path);

  // Shared with open files, which may outlive a name but not the tree.
  std::shared_ptr<Tree> tree_;
};

}  // namespace salvor::testing
