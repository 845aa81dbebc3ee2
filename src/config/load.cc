#include "config/load.h"

#include <fmt/format.h>

#include <map>

#include "config/yaml_tree.h"
#include "io/access.h"

namespace salvor::config {
namespace {

constexpr uint32_t kSticky = 01000;

Status CheckOwner(const io::FsReader& fs, const io::FileInfo& info, const std::string& path) {
  if (info.uid == 0 || info.uid == fs.EffectiveUser()) return Done{};
  return Fail(
      Code::kRefused,
      fmt::format("this salvor.yaml belongs to another user ({}), and nobody named it", info.uid),
      path, fmt::format("If you trust it, say so: --config {}", path));
}

// Two warehouses may be one place under two names: then it would depend on their order which of two
// reviews of a table counts.
Status CheckTablesDiffer(const Config& config) {
  std::map<std::string, std::string> names;
  for (const TableRules& rules : config.tables) {
    SALVOR_TRY(const auto resolved, ResolveTable(config, rules.name));
    if (!resolved) continue;
    const auto [found, fresh] = names.emplace(resolved->address, rules.name);
    if (fresh) continue;
    return Fail(Code::kInvalidArgument,
                fmt::format("tables has one table under two names: '{}' and '{}'", found->second,
                            rules.name),
                config.path, "Leave one of them out");
  }
  return Done{};
}

// A salvor.yaml that may not be seen is not one that does not count: it may ask for a review.
Error NotToBeSeen(Error error) {
  if (error.code != Code::kPermission) return error;
  return {error.code,
          fmt::format("whether a {} counts here may not be seen ({})", kFileName, error.what),
          std::move(error.where),
          "Run salvor from a folder that you may read, with all folders above it, or name the "
          "file: --config FILE"};
}

Result<std::optional<std::string>> Search(const io::FsReader& fs, const std::string& folder,
                                          const std::string& home) {
  SALVOR_TRY(std::string here, fs.RealPath(folder));
  std::string last;
  if (!home.empty()) last = fs.RealPath(home).value_or("");
  SALVOR_TRY(const auto start, fs.Stat(here));
  while (true) {
    SALVOR_TRY(const auto info, fs.Stat(here));
    if (!info || !start || info->device != start->device) return std::optional<std::string>();
    const std::string candidate = io::JoinPath(here, kFileName);
    SALVOR_TRY(const auto found, fs.Lstat(candidate));
    if (found) return std::optional<std::string>(candidate);
    const std::string parent = io::ParentPath(here);
    if (here == last || parent == here) return std::optional<std::string>();
    here = parent;
  }
}

}  // namespace

Status CheckNotOpenToAll(const io::FsReader& fs, const std::string& path) {
  SALVOR_TRY(const std::string real, fs.RealPath(path));
  for (const std::string& one : {real, io::ParentPath(real)}) {
    SALVOR_TRY(const auto info, fs.Stat(one));
    if (!info) return Fail(Code::kNotFound, "it vanished while it was looked at", one);
    SALVOR_TRY(const bool acl, io::AclLetsOthersChange(fs, one, *info));
    if (acl) {
      return Fail(Code::kRefused,
                  "an access control list lets others write to it, so it decides nothing", one,
                  "Take that right away: setfacl -b");
    }
    if (!io::EverybodyMayChange(*info)) continue;
    return Fail(
        Code::kRefused,
        fmt::format("everybody may write to it (mode {:04o}), so it decides nothing", info->mode),
        one, "Take that right away: chmod o-w");
  }
  return Done{};
}

Status CheckRootsAlone(const io::FsReader& fs, const std::string& path) {
  constexpr uint32_t kMoreThanTheOwnerWrites = 022;
  SALVOR_TRY(std::string one, fs.RealPath(path));
  while (true) {
    SALVOR_TRY(const auto info, fs.Stat(one));
    if (!info) return Fail(Code::kNotFound, "it vanished while it was looked at", one);
    const bool folder = info->type == io::FileInfo::Type::kDirectory;
    const bool safe_folder = folder && (info->mode & kSticky) != 0;
    if (info->uid != 0 || ((info->mode & kMoreThanTheOwnerWrites) != 0 && !safe_folder)) {
      return Fail(
          Code::kRefused,
          fmt::format("a program that is believed must be root's alone: user {}, mode {:04o}",
                      info->uid, info->mode),
          one, "Name a program that only root can change");
    }
    const std::string parent = io::ParentPath(one);
    if (parent == one) return Done{};
    one = parent;
  }
}

Result<std::optional<std::string>> FindConfig(const io::FsReader& fs, const std::string& folder,
                                              const std::string& home) {
  auto found = Search(fs, folder, home);
  if (!found) return tl::unexpected(NotToBeSeen(std::move(found.error())));
  return found;
}

Result<Config> LoadConfig(const io::FsReader& fs, const std::string& path, bool named) {
  SALVOR_TRY(const std::string real, fs.RealPath(path));
  SALVOR_TRY(const auto info, fs.Stat(real));
  if (!info || info->type != io::FileInfo::Type::kFile) {
    return Fail(Code::kInvalidArgument, "salvor.yaml is not a file", path);
  }
  if (!named) SALVOR_OK(CheckOwner(fs, *info, real));
  SALVOR_OK(CheckNotOpenToAll(fs, real));
  SALVOR_TRY(const std::string bytes, fs.ReadFile(real, kLargestFile));
  SALVOR_TRY(Config config, ParseConfig(bytes, real));
  // Tables are known by their real paths, so their roots must be too.
  for (Warehouse& warehouse : config.warehouses) {
    if (!warehouse.delta || warehouse.delta->root.starts_with("s3://")) continue;
    if (auto root = fs.RealPath(warehouse.delta->root)) warehouse.delta->root = *root;
  }
  SALVOR_OK(CheckTablesDiffer(config));
  return config;
}

}  // namespace salvor::config
