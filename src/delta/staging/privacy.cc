#include "delta/staging/privacy.h"

#include <fmt/format.h>

#include <string_view>

namespace salvor::delta {
namespace {

using io::FileInfo;

constexpr uint32_t kSticky = 01000;
constexpr uint32_t kGroupWrite = 020;
constexpr uint32_t kOthersWrite = 002;
constexpr std::string_view kElsewhere = "Choose another place with --staging, or tighten this one";

bool LiesIn(std::string_view path, std::string_view folder) {
  if (path == folder || folder == "/") return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

tl::unexpected<Error> Refuse(std::string what, const std::string& folder) {
  return Fail(Code::kRefused, std::move(what), folder, std::string(kElsewhere));
}

// The path with links resolved, of which the last parts need not exist yet.
Result<std::string> RealPathOfFuture(const io::FsReader& fs, const std::string& path) {
  std::string existing = path;
  std::string rest;
  while (true) {
    SALVOR_TRY(const auto info, fs.Stat(existing));
    if (info) break;
    const std::string parent = io::ParentPath(existing);
    if (parent == existing) break;
    rest = "/" + io::BaseName(existing) + rest;
    existing = parent;
  }
  SALVOR_TRY(std::string real, fs.RealPath(existing));
  if (!real.empty() && real.back() == '/') real.pop_back();
  real += rest;
  if (real.empty()) real = "/";
  return real;
}

Status CheckParent(const io::FsReader& fs, const std::string& folder, const FileInfo& info,
                   const std::string& real_table) {
  if (info.uid != 0 && info.uid != fs.EffectiveUser()) {
    return Refuse(fmt::format("the folder above the private copy belongs to another user ({}), who "
                              "could put something else in its place",
                              info.uid),
                  folder);
  }
  if ((info.mode & kSticky) != 0) return Done{};
  if ((info.mode & kOthersWrite) != 0) {
    return Refuse(
        fmt::format("everybody may write to the folder above the private copy (mode {:04o})",
                    info.mode),
        folder);
  }
  if ((info.mode & kGroupWrite) != 0 && !LiesIn(real_table, folder)) {
    return Refuse(
        fmt::format("a group may write to the folder above the private copy (mode {:04o})",
                    info.mode),
        folder);
  }
  return Done{};
}

}  // namespace

Status CheckParents(const io::FsReader& fs, const std::string& directory,
                    const std::string& table_root) {
  SALVOR_TRY(const std::string real_table, fs.RealPath(table_root));
  SALVOR_TRY(std::string folder, fs.RealPath(directory));
  while (true) {
    SALVOR_TRY(const auto info, fs.Stat(folder));
    if (!info) return Fail(Code::kConflict, "the folder vanished while it was looked at", folder);
    SALVOR_OK(CheckParent(fs, folder, *info, real_table));
    std::string parent = io::ParentPath(folder);
    if (parent == folder) return Done{};
    folder = std::move(parent);
  }
}

Result<std::string> CheckPrivate(const io::FsReader& fs, const std::string& folder,
                                 const std::string& table_root) {
  SALVOR_TRY(const auto info, fs.Lstat(folder));
  if (!info) return Fail(Code::kNotFound, "there is no private copy", folder);
  if (info->type == FileInfo::Type::kSymlink) {
    return Refuse("the folder of the private copy is a symbolic link", folder);
  }
  if (info->type != FileInfo::Type::kDirectory) {
    return Refuse("something that is not a folder stands where the private copy belongs", folder);
  }
  if (info->uid != fs.EffectiveUser()) {
    return Refuse(
        fmt::format("the folder of the private copy belongs to user {}, not to user {} who "
                    "runs this",
                    info->uid, fs.EffectiveUser()),
        folder);
  }
  // The set-group-id bit gives nobody any right, and comes from the parent unasked.
  constexpr uint32_t kSetGroupId = 02000;
  if ((info->mode & ~kSetGroupId) != kPrivateMode) {
    return Refuse(fmt::format("the folder of the private copy has mode {:04o} instead of 0700, so "
                              "others may enter it",
                              info->mode),
                  folder);
  }
  SALVOR_TRY(const bool acl, fs.HasExtendedAcl(folder));
  if (acl) return Refuse("an access control list opens the private copy to others", folder);
  SALVOR_OK(CheckParents(fs, io::ParentPath(folder), table_root));
  return fmt::format("folder mode 0700, owner {}, no ACL, no link, folders above it safe",
                     info->uid);
}

Status CheckOutsideTable(const io::FsReader& fs, const std::string& staging_root,
                         const std::string& table_root) {
  SALVOR_TRY(const std::string real_table, fs.RealPath(table_root));
  SALVOR_TRY(const std::string real_staging, RealPathOfFuture(fs, staging_root));
  if (!LiesIn(real_staging, real_table)) return Done{};
  return Fail(Code::kRefused,
              "the private copy may not lie inside the table's own folder: a VACUUM would take it",
              staging_root, "Choose another place with --staging");
}

}  // namespace salvor::delta
