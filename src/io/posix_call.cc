#include "io/posix_call.h"

#include <fcntl.h>

#include <chrono>
#include <cstring>

namespace salvor::io {
namespace {

Code CodeOf(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermission;
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO:
      return Code::kInvalidArgument;
    case EEXIST:
    case ENOTEMPTY:
      return Code::kConflict;
    case ENOSYS:
    case EOPNOTSUPP:
      return Code::kUnsupported;
    default:
      return Code::kUnavailable;
  }
}

std::string AdviceFor(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
      return "Get the right to do this, then run the same command again";
    case EROFS:
      return "Mount the file system writable, then run the same command again";
    case ENOSPC:
      return "Free space on that file system, then run the same command again; nothing was lost";
    case EDQUOT:
      return "Free space or raise the quota, then run the same command again; nothing was lost";
    case EFBIG:
      return "Raise the limit of a file's size (ulimit -f), then run the same command again; "
             "nothing was lost";
    case EMFILE:
    case ENFILE:
      return "Raise the limit of open files (ulimit -n), then run the same command again";
    case EIO:
      return "Look for disk errors in the kernel's log, then run the same command again";
    case ENOENT:
    case ENOTDIR:
      return "Check the path";
    case ENAMETOOLONG:
      return "Use a shorter path";
    case ELOOP:
      return "Check the symbolic links on this path";
    default:
      return CodeOf(number) == Code::kUnavailable ? "Run the same command again" : "";
  }
}

FileInfo::Type TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileInfo::Type::kFile;
  if (S_ISDIR(mode)) return FileInfo::Type::kDirectory;
  if (S_ISLNK(mode)) return FileInfo::Type::kSymlink;
  return FileInfo::Type::kOther;
}

}  // namespace

Error ErrnoError(int number, std::string_view action, std::string path) {
  const char* reason = ::strerrordesc_np(number);
  std::string what = std::string(action) + ": ";
  what += reason != nullptr ? std::string(reason) : "error " + std::to_string(number);
  return Error{CodeOf(number), std::move(what), std::move(path), AdviceFor(number)};
}

FileInfo InfoOf(const struct stat& status) {
  const auto modified = std::chrono::seconds(status.st_mtim.tv_sec) +
                        std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  FileInfo info;
  info.type = TypeOf(status.st_mode);
  info.size = status.st_size;
  info.modified = Instant(std::chrono::floor<Millis>(modified));
  info.device = status.st_dev;
  info.inode = status.st_ino;
  info.links = status.st_nlink;
  info.mode = status.st_mode & 07777U;
  info.uid = status.st_uid;
  info.gid = status.st_gid;
  return info;
}

Result<OpenedFile> OpenRegular(const std::string& path, std::string_view action) {
  OpenedFile file;
  // O_NONBLOCK: a pipe under a data file's name must not hang the program.
  file.descriptor = Descriptor(
      Uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (file.descriptor.Number() < 0) return Fail(ErrnoError(errno, action, path));
  if (::fstat(file.descriptor.Number(), &file.status) != 0) {
    return Fail(ErrnoError(errno, action, path));
  }
  if (!S_ISREG(file.status.st_mode)) {
    return Fail(Code::kInvalidArgument, std::string(action) + ": not a regular file", path,
                "Check the path");
  }
  return file;
}

Status WriteAll(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written =
        Uninterrupted([&] { return ::write(file.Number(), bytes.data(), bytes.size()); });
    if (written < 0) return Fail(ErrnoError(errno, "cannot write the file", path));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Done{};
}

Result<size_t> ReadFully(const Descriptor& file, int64_t offset, char* buffer, size_t size,
                         const std::string& path) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = Uninterrupted([&] {
      return ::pread(file.Number(), buffer + done, size - done,
                     static_cast<off_t>(offset) + static_cast<off_t>(done));
    });
    if (got < 0) return Fail(ErrnoError(errno, "cannot read the file", path));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

std::vector<char*> ExecPointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace salvor::io
