// MemFs's inodes and how a path finds them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "testing/mem_fs.h"

namespace salvor::testing {

struct MemFs::Inode {
  io::FileInfo info;
  std::string bytes;  // of a file; the target of a symbolic link
  std::map<std::string, std::shared_ptr<Inode>> entries;  // of a folder
  uint64_t device_below = 0;                              // of a folder: of what is made in it
  bool extended_acl = false;
  bool linking_forbidden = false;
  bool locked = false;

  [[nodiscard]] bool Is(io::FileInfo::Type type) const { return info.type == type; }
};

// Where a path leads: the folder that holds its last part, and the inode if there is one.
struct MemFs::Found {
  std::shared_ptr<Inode> folder;  // nothing for "/"
  std::string name;
  std::shared_ptr<Inode> inode;  // nothing if absent
  std::string real_path;
};

struct MemFs::Tree {
  Tree(const io::Clock& clock_in, uint32_t user_in);

  // `follow`: whether a symbolic link as the last part is followed. kNotFound if a folder on the
  // way is absent; with `make_folders` it is made instead.
  Result<Found> Find(const std::string& path, bool follow, bool check_rights = true,
                     bool make_folders = false);
  // Like Find, but an absent path is kNotFound, and so is not being allowed to.
  Result<Found> Existing(const std::string& path, bool follow, std::string_view action);

  [[nodiscard]] bool Allows(const Inode& inode,
                            uint32_t permission) const;  // 4 read, 2 write, 1 search
  Status RequireRight(const Inode& inode, uint32_t permission, std::string_view action,
                      const std::string& path) const;

  // A new inode in found.folder, under found.name. Sets the folder's time.
  std::shared_ptr<Inode> Make(const Found& found, io::FileInfo::Type type, uint32_t mode);
  void Enter(const Found& found, const std::shared_ptr<Inode>& inode);
  void Leave(const Found& found);
  void Write(Inode& file, std::string bytes);

  mutable std::mutex mutex;
  const io::Clock& clock;
  std::shared_ptr<Inode> root;
  uint32_t user;
  uint64_t next_inode = 2;
  int64_t free_bytes = int64_t{1} << 40U;
  std::vector<Access> accesses;
};

}  // namespace salvor::testing
