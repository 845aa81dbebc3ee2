#include "io/posix_opened.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <vector>

namespace salvor::io {
namespace {

constexpr std::string_view kAction = "cannot open the file";
// O_NONBLOCK: never hang on a pipe.
constexpr int kFileFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Error NotBelow(std::string what, const std::string& where) {
  return Error{Code::kRefused, std::move(what), where, "Replace it with what it stands for"};
}

// The parts of a relative path; kRefused where it does not stay in the folder.
Result<std::vector<std::string>> PartsOf(const std::string& path, const std::string& where) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, end - at);
    at = end + 1;
    if (part == ".." || (part.empty() && at == 1)) {
      return Fail(NotBelow("the path does not stay in its folder", where));
    }
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  if (parts.empty()) return Fail(NotBelow("a folder stands where a file belongs", where));
  return parts;
}

class PosixFolder final : public Folder {
 public:
  PosixFolder(Descriptor folder, std::string path, bool by_kernel)
      : folder_(std::move(folder)), path_(std::move(path)), by_kernel_(by_kernel) {}

  Result<std::unique_ptr<RandomAccessFile>> Open(const std::string& path) const override {
    std::string where = JoinPath(path_, path);
    OpenedFile file;
    SALVOR_TRY(std::optional<Descriptor> opened, AskKernel(path, where));
    if (!opened) {
      SALVOR_TRY(opened, Descend(path, where));
    }
    file.descriptor = *std::move(opened);
    if (::fstat(file.descriptor.Number(), &file.status) != 0) {
      return Fail(ErrnoError(errno, kAction, where));
    }
    if (!S_ISREG(file.status.st_mode)) {
      return Fail(NotBelow("something else than a file stands where a file belongs", where));
    }
    return std::unique_ptr<RandomAccessFile>(
        std::make_unique<PosixRandomAccessFile>(std::move(file), std::move(where)));
  }

 private:
  // Nothing where the kernel cannot, or cannot now.
  Result<std::optional<Descriptor>> AskKernel(const std::string& path,
                                              const std::string& where) const {
    if (!by_kernel_) return std::nullopt;
    SALVOR_TRY([[maybe_unused]] const auto parts, PartsOf(path, where));
    struct open_how how = {};
    how.flags = kFileFlags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const auto opened = static_cast<int>(Uninterrupted(
        [&] { return ::syscall(SYS_openat2, folder_.Number(), path.c_str(), &how, sizeof(how)); }));
    if (opened >= 0) return Descriptor(opened);
    switch (errno) {
      case ENOSYS:  // before Linux 5.6
      case EPERM:   // a container's filter that does not know it
        by_kernel_ = false;
        return std::nullopt;
      case EAGAIN:  // folders are being renamed
        return std::nullopt;
      default:
        return Fail(Reason(errno, where));
    }
  }

  Result<Descriptor> Descend(const std::string& path, const std::string& where) const {
    SALVOR_TRY(const std::vector<std::string> parts, PartsOf(path, where));
    Descriptor folder;
    for (size_t i = 0; i < parts.size(); ++i) {
      const int at = i == 0 ? folder_.Number() : folder.Number();
      const int flags = i + 1 == parts.size() ? kFileFlags : kFolderFlags;
      Descriptor next(Uninterrupted([&] { return ::openat(at, parts[i].c_str(), flags); }));
      if (next.Number() < 0) {
        const int reason = errno;
        // A link where a folder is asked for is "not a directory".
        struct stat status = {};
        const bool link = ::fstatat(at, parts[i].c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                          S_ISLNK(status.st_mode);
        return Fail(Reason(link ? ELOOP : reason, where));
      }
      folder = std::move(next);
    }
    return folder;
  }

  static Error Reason(int number, const std::string& where) {
    if (number == ELOOP || number == EXDEV) {
      return NotBelow("a symbolic link leads to the file", where);
    }
    if (number == ENXIO) return NotBelow("something else than a file stands here", where);
    return ErrnoError(number, kAction, where);
  }

  Descriptor folder_;
  std::string path_;
  mutable std::atomic<bool> by_kernel_;
};

}  // namespace

Result<const PosixRandomAccessFile*> OpenedHere(const RandomAccessFile& file,
                                                const std::string& where) {
  const auto* opened = dynamic_cast<const PosixRandomAccessFile*>(&file);
  if (opened != nullptr) return opened;
  return Fail(Code::kInternal, "the file was opened by another file system", where);
}

Result<std::unique_ptr<Folder>> OpenPosixFolder(const std::string& path, bool by_kernel) {
  Descriptor folder(
      Uninterrupted([&] { return ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (folder.Number() < 0) return Fail(ErrnoError(errno, "cannot open the folder", path));
  return std::unique_ptr<Folder>(std::make_unique<PosixFolder>(std::move(folder), path, by_kernel));
}

}  // namespace salvor::io
