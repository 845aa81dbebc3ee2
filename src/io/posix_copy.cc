// PosixFs::CopyNew: copy, sync, then read both again.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cstring>
#include <vector>

#include "io/posix_call.h"
#include "io/posix_fs.h"
#include "io/posix_opened.h"
#include "io/posix_temporary.h"

namespace salvor::io {
namespace {

constexpr size_t kPiece = size_t{1} << 20U;

Status CopyByHand(const Descriptor& from, const Descriptor& to, int64_t offset,
                  const std::string& from_path, const std::string& to_path) {
  std::vector<char> buffer(kPiece);
  while (true) {
    SALVOR_TRY(const size_t got, ReadFully(from, offset, buffer.data(), kPiece, from_path));
    if (got == 0) return Done{};
    SALVOR_OK(WriteAll(to, std::string_view(buffer.data(), got), to_path));
    offset += static_cast<int64_t>(got);
  }
}

// Copies to the end of `from` into the empty file `to`.
Status CopyBytes(const Descriptor& from, const Descriptor& to, const std::string& from_path,
                 const std::string& to_path) {
  if (::ioctl(to.Number(), FICLONE, from.Number()) == 0) return Done{};
  off_t offset = 0;
  while (true) {
    constexpr size_t kMost = size_t{1} << 30U;
    const ssize_t copied = Uninterrupted(
        [&] { return ::copy_file_range(from.Number(), &offset, to.Number(), nullptr, kMost, 0); });
    if (copied > 0) continue;
    // Some file systems copy nothing without saying so; by hand the rest is empty or gets copied.
    if (copied == 0) break;
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO) {
      return Fail(ErrnoError(errno, "cannot copy the file", to_path));
    }
    break;
  }
  return CopyByHand(from, to, offset, from_path, to_path);
}

// kUnavailable if the bytes differ: the source was written to meanwhile, or the disk lies.
Status CompareBytes(const Descriptor& from, const Descriptor& to, const std::string& from_path,
                    const std::string& to_path) {
  // What was just written is to come from the disk, not from memory.
  ::posix_fadvise(to.Number(), 0, 0, POSIX_FADV_DONTNEED);
  std::vector<char> left(kPiece);
  std::vector<char> right(kPiece);
  for (int64_t offset = 0;;) {
    SALVOR_TRY(const size_t got, ReadFully(from, offset, left.data(), kPiece, from_path));
    SALVOR_TRY(const size_t copied, ReadFully(to, offset, right.data(), kPiece, to_path));
    if (got != copied || std::memcmp(left.data(), right.data(), got) != 0) {
      return Fail(Code::kUnavailable, "the copy differs from the original " + from_path, to_path,
                  "Check that nothing writes to the original, then run the same command again");
    }
    if (got == 0) return Done{};
    offset += static_cast<int64_t>(got);
  }
}

}  // namespace

Result<bool> PosixFs::CopyNew(const std::string& from, const std::string& to) {
  SALVOR_TRY(const OpenedFile source, OpenRegular(from, "cannot read the file"));
  return CopyOpened(source, from, to);
}

Result<bool> PosixFs::CopyNew(const RandomAccessFile& from, const std::string& to) {
  SALVOR_TRY(const PosixRandomAccessFile* source, OpenedHere(from, to));
  return CopyOpened(source->Opened(), source->Path(), to);
}

Result<bool> PosixFs::CopyOpened(const OpenedFile& source, const std::string& from,
                                 const std::string& to) {
  // Cheap, and spares the copying; TakeName decides.
  SALVOR_TRY(const std::optional<FileInfo> taken, Lstat(to));
  if (taken) return false;
  return ByTemporary(to, [&](Temporary& temporary) -> Result<bool> {
    SALVOR_OK(CopyBytes(source.descriptor, temporary.File(), from, to));
    // Before the mode: a change of group clears bits of it. Refused where one is not in the group;
    // the contract asks for no more than trying.
    if (::fchown(temporary.File().Number(), static_cast<uid_t>(-1), source.status.st_gid) != 0) {
      errno = 0;
    }
    SALVOR_OK(temporary.Finish(source.status.st_mode & 0777U));
    SALVOR_OK(CompareBytes(source.descriptor, temporary.File(), from, to));
    return temporary.TakeName();
  });
}

}  // namespace salvor::io
