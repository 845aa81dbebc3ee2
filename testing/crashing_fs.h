// A file system whose machine stops at a chosen moment, and forgets afterwards what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "testing/intercepting_fs.h"

namespace salvor::testing {

enum class Moment {
  kBefore,  // the operation does not happen
  kDuring,  // writing: half of the bytes (under a temporary name where it is to appear at once).
            // What happens at once has no middle: as kAfter
  kAfter,   // the operation happens, and its answer gets lost
};
std::string_view MomentName(Moment moment);

enum class Loss {
  kNothing,     // only the process was killed: a later power failure may still lose it
  kEverything,  // the power failed: all that was not synced is undone
  kSomething,   // the power failed: some of it, by seed
};

// Works on the file system behind it, which may be the real one, so that readers beside the seam
// see the same files. An operation is a call that changes something; they are counted from 1. Once
// crashed, every call fails (kUnavailable) until Reboot.
//
// What is lost in a power failure, stricter than most file systems are: the name of a file or
// folder made, linked or removed, unless its folder was synced since (a folder that is lost takes
// everything in it along); bytes appended, unless the file was synced since. Bytes given to
// CreateNew, CopyNew and Replace are never lost, by io/fs.h, and neither is Replace's name.
class CrashingFs final : public InterceptingFs {
 public:
  // `graveyard` is a folder (made here, on the same device) where removed files wait until their
  // removal is durable.
  CrashingFs(io::Fs& inner, std::string graveyard);
  ~CrashingFs() override;

  void CrashAt(int64_t operation, Moment moment);
  [[nodiscard]] int64_t Operations() const;
  [[nodiscard]] bool Crashed() const;
  // What was going on: "operation 7, before CreateNew /a/b"; for messages.
  [[nodiscard]] std::string CrashedAt() const;

  // Starts again, without a crash to come: undoes the losses, and counts from 0. Every file opened
  // before must be closed by now.
  void Reboot(Loss loss, uint64_t seed = 0);

  // What waits in the graveyard does not count as a link.
  Result<std::optional<io::FileInfo>> Stat(const std::string& path) const override;
  Result<std::optional<io::FileInfo>> Lstat(const std::string& path) const override;
  Result<std::vector<Entry>> ListEntries(const std::string& directory) const override;

  void NameTemporaries(std::string_view owner) override;
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
  Status Before(Call call, const std::string& path) const override;

 private:
  class AppendingFile;
  // A change of a folder's names that is not durable yet.
  struct Change {
    std::string folder;  // real path
    std::string path;
    std::string grave;  // set if the name was removed and its file waits here
    bool removed = false;
    bool is_folder = false;
    uint32_t mode = 0;
  };

  template <typename Act, typename Tear>
  auto Operate(Call call, const std::string& path, Act act, Tear tear) -> decltype(act());
  template <typename Act>
  auto Operate(Call call, const std::string& path, Act act) -> decltype(act());
  [[nodiscard]] tl::unexpected<Error> Refusal() const;

  void NameMade(const std::string& path, bool is_folder);
  void FolderSynced(const std::string& path);
  void TearFile(const std::string& path, std::string_view bytes);
  std::string Bury(const std::string& path);
  void Unbury(const std::string& grave);
  void LeaveGravesOut(io::FileInfo& info) const;
  void LoseUnsynced(Loss loss, uint64_t seed);
  void Undo(const Change& change);
  void RemoveTree(const std::string& path);
  std::string RealFolder(const std::string& path) const;

  mutable std::mutex mutex_;
  std::string graveyard_;
  std::string owner_;                           // of what a killed write leaves
  int64_t graves_ = 0;                          // dug so far
  std::map<std::string, io::FileInfo> buried_;  // those that hold a link, by path
  int64_t operations_ = 0;
  int64_t crash_at_ = 0;  // 0: never
  Moment moment_ = Moment::kBefore;
  bool crashed_ = false;
  std::string crashed_at_;
  std::vector<Change> changes_;              // in order
  std::map<std::string, int64_t> unsynced_;  // file -> the bytes of it that are durable
};

}  // namespace salvor::testing
