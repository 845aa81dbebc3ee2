// PosixFs: the half that changes nothing.
#include <dirent.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "io/access.h"
#include "io/posix_call.h"
#include "io/posix_fs.h"
#include "io/posix_opened.h"

namespace salvor::io {
namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

Result<Directory> OpenDirectory(const std::string& path) {
  Directory directory(::opendir(path.c_str()));
  if (directory == nullptr) return Fail(ErrnoError(errno, "cannot list the folder", path));
  return directory;
}

// The next name but "." and ".."; nothing at the end.
Result<std::optional<std::string>> NextName(DIR* directory, const std::string& path) {
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) {
      if (errno != 0) return Fail(ErrnoError(errno, "cannot list the folder", path));
      return std::nullopt;
    }
    std::string name(entry->d_name);
    if (name != "." && name != "..") return name;
  }
}

Result<std::optional<FileInfo>> InfoAt(int directory, const std::string& path, int flags) {
  struct stat status = {};
  if (::fstatat(directory, path.c_str(), &status, flags) == 0) return InfoOf(status);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return Fail(ErrnoError(errno, "cannot look at the file", path));
}

// Layout of the ACL attributes: linux/posix_acl_xattr.h. A 32-bit version, then entries of a 16-bit
// tag, 16-bit permissions and a 32-bit id, all little-endian.
constexpr size_t kAclHeader = 4;
constexpr size_t kAclEntry = 8;
enum AclTag : uint32_t { kUserObject = 1, kUser = 2, kGroupObject = 4, kGroup = 8, kOther = 32 };

uint32_t Little16(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])) |
         static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8U;
}

// True if the ACL names further users or groups, or gives group or others more than `mode` does.
// The latter happens in a default ACL, which files made in the folder inherit.
bool GrantsMoreThan(uint32_t mode, std::string_view acl) {
  for (size_t at = kAclHeader; at + kAclEntry <= acl.size(); at += kAclEntry) {
    const uint32_t tag = Little16(acl, at);
    const uint32_t permissions = Little16(acl, at + 2) & 7U;
    if (tag == kUser || tag == kGroup) return true;
    if (tag == kGroupObject && (permissions & ~(mode >> 3U)) != 0) return true;
    if (tag == kOther && (permissions & ~mode) != 0) return true;
  }
  return false;
}

Status CheckModeBitsCount(const std::string& path) {
  struct statfs status = {};
  if (Uninterrupted([&] { return ::statfs(path.c_str(), &status); }) != 0) {
    return Fail(ErrnoError(errno, "cannot ask for the kind of file system", path));
  }
  const std::string_view name = FileSystemWithoutModeBits(static_cast<uint64_t>(status.f_type));
  if (name.empty()) return Done{};
  return Fail(Code::kRefused,
              "the file system (" + std::string(name) +
                  ") does not keep others out by mode bits, and what cannot be looked up is not "
                  "private",
              path, "Choose a place on a file system of this machine");
}

// Nothing where there is no such attribute, or no ACLs on this file system.
Result<std::optional<std::string>> Attribute(const std::string& path, const char* name) {
  std::string value(256, '\0');
  while (true) {
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size >= 0) {
      value.resize(static_cast<size_t>(size));
      return value;
    }
    if (errno == ENODATA || errno == EOPNOTSUPP) return std::nullopt;
    constexpr size_t kLargestAttribute = 65536;
    if (errno != ERANGE || value.size() >= kLargestAttribute) {
      return Fail(ErrnoError(errno, "cannot read the access control list", path));
    }
    value.resize(value.size() * 4);
  }
}

}  // namespace

Result<std::optional<FileInfo>> PosixFs::Stat(const std::string& path) const {
  return InfoAt(AT_FDCWD, path, 0);
}

Result<std::optional<FileInfo>> PosixFs::Lstat(const std::string& path) const {
  return InfoAt(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
}

Result<std::vector<std::string>> PosixFs::List(const std::string& directory) const {
  SALVOR_TRY(const Directory opened, OpenDirectory(directory));
  std::vector<std::string> names;
  while (true) {
    SALVOR_TRY(std::optional<std::string> name, NextName(opened.get(), directory));
    if (!name) break;
    names.push_back(*std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<FsReader::Entry>> PosixFs::ListEntries(const std::string& directory) const {
  SALVOR_TRY(const Directory opened, OpenDirectory(directory));
  std::vector<Entry> entries;
  while (true) {
    SALVOR_TRY(std::optional<std::string> name, NextName(opened.get(), directory));
    if (!name) break;
    auto info = InfoAt(::dirfd(opened.get()), *name, AT_SYMLINK_NOFOLLOW);
    if (!info) {
      info.error().where = JoinPath(directory, *name);
      return Fail(std::move(info).error());
    }
    // Gone since it was listed: not there.
    if (*info) entries.push_back(Entry{*std::move(name), **info});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

Result<std::string> PosixFs::ReadFile(const std::string& path, int64_t limit) const {
  SALVOR_TRY(const OpenedFile file, OpenRegular(path, "cannot read the file"));
  const auto too_large = [&] {
    return Fail(Code::kInvalidArgument,
                "the file is larger than the " + std::to_string(limit) + " bytes it may have", path,
                "Check that this is the file that was meant");
  };
  if (file.status.st_size > limit) return too_large();
  // One byte more than it has: a file that grows meanwhile is read to its new end or found too
  // large.
  std::string bytes;
  size_t room = static_cast<size_t>(file.status.st_size) + 1;
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + room);
    SALVOR_TRY(const size_t got, ReadFully(file.descriptor, static_cast<int64_t>(before),
                                           bytes.data() + before, room, path));
    bytes.resize(before + got);
    if (static_cast<int64_t>(bytes.size()) > limit) return too_large();
    if (got < room) return bytes;
    room = 65536;
  }
}

Result<std::unique_ptr<RandomAccessFile>> PosixFs::Open(const std::string& path) const {
  SALVOR_TRY(OpenedFile file, OpenRegular(path, "cannot open the file"));
  return std::unique_ptr<RandomAccessFile>(
      std::make_unique<PosixRandomAccessFile>(std::move(file), path));
}

Result<std::unique_ptr<Folder>> PosixFs::OpenFolder(const std::string& path) const {
  return OpenPosixFolder(path, descent_ == Descent::kByKernel);
}

Result<std::string> PosixFs::RealPath(const std::string& path) const {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (resolved == nullptr) return Fail(ErrnoError(errno, "cannot resolve the path", path));
  return std::string(resolved.get());
}

Result<bool> PosixFs::HasExtendedAcl(const std::string& path) const {
  SALVOR_TRY(const std::optional<FileInfo> info, Lstat(path));
  if (!info) return Fail(ErrnoError(ENOENT, "cannot read the access control list", path));
  SALVOR_OK(CheckModeBitsCount(path));
  for (const char* name : {"system.posix_acl_access", "system.posix_acl_default"}) {
    SALVOR_TRY(const std::optional<std::string> acl, Attribute(path, name));
    if (acl && GrantsMoreThan(info->mode, *acl)) return true;
  }
  SALVOR_TRY(const std::optional<std::string> nfs4, Attribute(path, "system.nfs4_acl"));
  if (nfs4 && Nfs4AclOpensToOthers(*nfs4)) return true;
  return false;
}

uint32_t PosixFs::EffectiveUser() const { return ::geteuid(); }

Result<int64_t> PosixFs::FreeBytes(const std::string& path) const {
  struct statvfs status = {};
  if (Uninterrupted([&] { return ::statvfs(path.c_str(), &status); }) != 0) {
    return Fail(ErrnoError(errno, "cannot ask for the free space", path));
  }
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  const uint64_t blocks = status.f_bavail;
  const uint64_t block_size = status.f_frsize;
  if (block_size != 0 && blocks > kMost / block_size) return static_cast<int64_t>(kMost);
  return static_cast<int64_t>(blocks * block_size);
}

}  // namespace salvor::io
