// PosixFs: the half that changes something, but for copying (posix_copy.cc).
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <thread>

#include "io/posix_call.h"
#include "io/posix_fs.h"
#include "io/posix_opened.h"
#include "io/posix_temporary.h"

namespace salvor::io {
namespace {

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(Descriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  Status Append(std::string_view bytes) override { return WriteAll(file_, bytes, path_); }
  Status Sync() override {
    if (Uninterrupted([&] { return ::fsync(file_.Number()); }) == 0) return Done{};
    return Fail(ErrnoError(errno, "cannot make the file durable", path_));
  }
  Status Truncate(int64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(file_.Number(), size); }) == 0) return Done{};
    return Fail(ErrnoError(errno, "cannot shorten the file", path_));
  }

 private:
  Descriptor file_;
  std::string path_;
};

// Opens the file for appending, or makes it with exactly this mode.
Result<Descriptor> OpenOrMake(const std::string& path, uint32_t mode) {
  constexpr std::string_view kAction = "cannot open the file for appending";
  // O_NONBLOCK: never hang on a pipe. O_NOFOLLOW: never write where a link points.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  constexpr int kAttempts = 16;  // somebody makes and removes it all the time
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Descriptor made(Uninterrupted([&] {
      return ::open(path.c_str(), kFlags | O_CREAT | O_EXCL, static_cast<mode_t>(mode));
    }));
    if (made.Number() >= 0) {
      if (::fchmod(made.Number(), static_cast<mode_t>(mode)) == 0) return made;
      return Fail(ErrnoError(errno, kAction, path));
    }
    if (errno != EEXIST) return Fail(ErrnoError(errno, kAction, path));
    Descriptor found(Uninterrupted([&] { return ::open(path.c_str(), kFlags); }));
    if (found.Number() >= 0) return found;
    if (errno != ENOENT) return Fail(ErrnoError(errno, kAction, path));
  }
  return Fail(ErrnoError(EAGAIN, kAction, path));
}

constexpr std::string_view kLinking = "cannot link the file";

// What a caller of Link expects; nothing for an error.
std::optional<LinkOutcome> OutcomeOf(int reason) {
  switch (reason) {
    case EEXIST:
      return LinkOutcome::kExists;
    case EXDEV:
      return LinkOutcome::kOtherDevice;
    case EPERM:
    case EMLINK:
    case ENOSYS:
    case EOPNOTSUPP:
      return LinkOutcome::kNotPermitted;
    default:
      return std::nullopt;
  }
}

}  // namespace

// The write then fails with EFBIG, and whatever was begun is taken back as on a full disk.
PosixFs::PosixFs(Descent descent) : descent_(descent) { ::signal(SIGXFSZ, SIG_IGN); }

Result<bool> PosixFs::MakeDirectory(const std::string& path, uint32_t mode) {
  constexpr std::string_view kAction = "cannot make the folder";
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0) {
    const Descriptor made(Uninterrupted(
        [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    struct stat status = {};
    if (made.Number() < 0 || ::fstat(made.Number(), &status) != 0) {
      return Fail(ErrnoError(errno, kAction, path));
    }
    // The umask may have taken bits away; the set-group-id bit comes from the parent.
    const mode_t wanted = static_cast<mode_t>(mode) | (status.st_mode & S_ISGID);
    if ((status.st_mode & 07777U) != wanted && ::fchmod(made.Number(), wanted) != 0) {
      return Fail(ErrnoError(errno, kAction, path));
    }
    return true;
  }
  if (errno != EEXIST) return Fail(ErrnoError(errno, kAction, path));
  SALVOR_TRY(const std::optional<FileInfo> found, Stat(path));
  if (found && found->type == FileInfo::Type::kDirectory) return false;
  return Fail(Code::kConflict, std::string(kAction) + ": something else has this name", path,
              "Move it away, then run the same command again");
}

Result<bool> PosixFs::CreateNew(const std::string& path, std::string_view bytes, uint32_t mode) {
  return ByTemporary(path, [&](Temporary& temporary) -> Result<bool> {
    SALVOR_OK(WriteAll(temporary.File(), bytes, path));
    SALVOR_OK(temporary.Finish(mode));
    return temporary.TakeName();
  });
}

Status PosixFs::Replace(const std::string& path, std::string_view bytes, uint32_t mode) {
  const Status replaced = ByTemporary(path, [&](Temporary& temporary) -> Status {
    SALVOR_OK(WriteAll(temporary.File(), bytes, path));
    SALVOR_OK(temporary.Finish(mode));
    return temporary.TakeOverName();
  });
  if (!replaced) return replaced;
  return SyncDirectory(ParentPath(path));
}

Result<LinkOutcome> PosixFs::Link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return LinkOutcome::kLinked;
  const int reason = errno;
  const std::optional<LinkOutcome> expected = OutcomeOf(reason);
  if (expected) return *expected;
  if (reason == ENOENT || reason == ENOTDIR) {
    SALVOR_TRY(const std::optional<FileInfo> source, Lstat(from));
    if (!source) return LinkOutcome::kSourceGone;
  }
  return Fail(ErrnoError(reason, kLinking, to));
}

// By the descriptor: linkat(2) says that a file may be linked so where AT_EMPTY_PATH asks for a
// capability.
Result<LinkOutcome> PosixFs::Link(const RandomAccessFile& from, const std::string& to) {
  SALVOR_TRY(const PosixRandomAccessFile* source, OpenedHere(from, to));
  const int descriptor = source->Opened().descriptor.Number();
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(descriptor);
  if (::linkat(AT_FDCWD, by_descriptor.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return LinkOutcome::kLinked;
  }
  const int reason = errno;
  const std::optional<LinkOutcome> expected = OutcomeOf(reason);
  if (expected) return *expected;
  struct stat now = {};
  if (::fstat(descriptor, &now) == 0 && now.st_nlink == 0) return LinkOutcome::kSourceGone;
  if (reason == ENOENT && ::access(by_descriptor.c_str(), F_OK) != 0) {
    return Fail(Code::kUnsupported, "cannot link the file: /proc is not mounted", to,
                "Mount /proc, then run the same command again");
  }
  return Fail(ErrnoError(reason, kLinking, to));
}

Status PosixFs::SetModified(const std::string& path, Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const auto rest = std::chrono::nanoseconds(instant - seconds);
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = seconds.time_since_epoch().count();
  times[1].tv_nsec = rest.count();
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0) return Done{};
  return Fail(ErrnoError(errno, "cannot set the file's time of modification", path));
}

Status PosixFs::SyncDirectory(const std::string& path) {
  constexpr std::string_view kAction = "cannot make the folder's entries durable";
  const Descriptor directory(
      Uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (directory.Number() < 0) return Fail(ErrnoError(errno, kAction, path));
  if (Uninterrupted([&] { return ::fsync(directory.Number()); }) == 0) return Done{};
  // fsync(2): EINVAL says that this file system has no such thing, and then nothing can be done.
  if (errno == EINVAL) return Done{};
  return Fail(ErrnoError(errno, kAction, path));
}

// A sync waits for the disk and not for the processor: at once, many share one write of the file
// system's log (200 folders on ext4: 5 ms instead of 20).
Status PosixFs::SyncDirectories(const std::vector<std::string>& paths) {
  constexpr size_t kAtOnce = 16;
  constexpr size_t kTooFewForThreads = 8;
  if (paths.size() < kTooFewForThreads) return Fs::SyncDirectories(paths);
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status result = Done{};
  const auto sync_some = [&] {
    for (size_t i = next++; i < paths.size(); i = next++) {
      Status synced = SyncDirectory(paths[i]);
      if (synced) continue;
      const std::lock_guard lock(mutex);
      if (result) result = std::move(synced);
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(kAtOnce, paths.size()); ++i) {
    try {
      threads.emplace_back(sync_some);
    } catch (const std::system_error&) {
      break;  // no more threads here: those that there are do it
    }
  }
  sync_some();
  for (std::thread& thread : threads) thread.join();
  return result;
}

Result<bool> PosixFs::Remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return Fail(ErrnoError(errno, "cannot remove the file", path));
}

Result<bool> PosixFs::RemoveDirectory(const std::string& path) {
  if (::rmdir(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return Fail(ErrnoError(errno, "cannot remove the folder", path));
}

Result<std::unique_ptr<AppendFile>> PosixFs::OpenAppend(const std::string& path, uint32_t mode) {
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    SALVOR_TRY(Descriptor file, OpenOrMake(path, mode));
    struct stat opened = {};
    if (::fstat(file.Number(), &opened) != 0) {
      return Fail(ErrnoError(errno, "cannot open the file for appending", path));
    }
    if (!S_ISREG(opened.st_mode)) {
      return Fail(Code::kInvalidArgument, "cannot append: not a regular file", path,
                  "Check the path");
    }
    if (Uninterrupted([&] { return ::flock(file.Number(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) {
        return Fail(Code::kConflict, "another process holds this file's lock", path,
                    "Wait until it has ended, then run the same command again");
      }
      return Fail(ErrnoError(errno, "cannot lock the file", path));
    }
    // A lock on a file that lost its name meanwhile locks nobody out: take the one that has it now.
    SALVOR_TRY(const std::optional<FileInfo> named, Lstat(path));
    if (named && named->SameInode(InfoOf(opened))) {
      return std::unique_ptr<AppendFile>(std::make_unique<PosixAppendFile>(std::move(file), path));
    }
  }
  return Fail(ErrnoError(EAGAIN, "cannot lock the file", path));
}

}  // namespace salvor::io
