#include "io/posix_temporary.h"

#include <fcntl.h>

#include <cstdio>

namespace salvor::io {

void PosixFs::NameTemporaries(std::string_view owner) {
  const std::lock_guard lock(owner_mutex_);
  owner_ = owner;
}

Result<PosixFs::Temporary> PosixFs::MakeTemporary(const std::string& target) {
  constexpr int kAttempts = 1000;  // a killed run with the same process id may have left some
  std::string stem;
  {
    const std::lock_guard lock(owner_mutex_);
    stem = JoinPath(ParentPath(target), TemporaryPrefixOf(owner_));
  }
  stem += std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string name = stem + std::to_string(next_temporary_.fetch_add(1));
    Descriptor file(Uninterrupted([&] {
      return ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }));
    if (file.Number() >= 0) return Temporary(std::move(file), std::move(name), target);
    if (errno != EEXIST) break;
  }
  return Fail(ErrnoError(errno, "cannot create the file", target));
}

Status PosixFs::Temporary::Finish(uint32_t mode) {
  if (::fchmod(file_.Number(), static_cast<mode_t>(mode)) != 0) {
    return Fail(ErrnoError(errno, "cannot set the file's mode", target_));
  }
  if (Uninterrupted([&] { return ::fsync(file_.Number()); }) != 0) {
    return Fail(ErrnoError(errno, "cannot make the file durable", target_));
  }
  return Done{};
}

Result<bool> PosixFs::Temporary::TakeName() {
  constexpr std::string_view kAction = "cannot create the file";
  if (::link(name_.c_str(), target_.c_str()) == 0) return true;
  switch (errno) {
    case EEXIST: {
      // Over NFS a repeated request finds what the first one made, whose reply was lost.
      struct stat named = {};
      struct stat ours = {};
      return ::lstat(target_.c_str(), &named) == 0 && ::fstat(file_.Number(), &ours) == 0 &&
             named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
    }
    case EPERM:
    case EMLINK:
    case ENOSYS:
    case EOPNOTSUPP:
      break;
    default:
      return Fail(ErrnoError(errno, kAction, target_));
  }
  if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) {
    name_.clear();
    return true;
  }
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) return Fail(ErrnoError(errno, kAction, target_));
  return Fail(
      Code::kUnsupported,
      "cannot create the file: this file system has neither hard links nor an exclusive rename",
      target_, "Use another file system");
}

Status PosixFs::Temporary::TakeOverName() {
  if (::rename(name_.c_str(), target_.c_str()) != 0) {
    return Fail(ErrnoError(errno, "cannot replace the file", target_));
  }
  name_.clear();
  return Done{};
}

bool PosixFs::Temporary::IsGone() const {
  struct stat ours = {};
  return ::fstat(file_.Number(), &ours) == 0 && ours.st_nlink == 0;
}

}  // namespace salvor::io
