// MemFs: setting the scene and looking at it.
#include <cassert>
#include <utility>

#include "testing/mem_tree.h"

namespace salvor::testing {

using Type = io::FileInfo::Type;

std::vector<MemFs::Access> MemFs::Accesses() const {
  const std::lock_guard lock(tree_->mutex);
  return tree_->accesses;
}

void MemFs::ForgetAccesses() {
  const std::lock_guard lock(tree_->mutex);
  tree_->accesses.clear();
}

MemFs::Found MemFs::Place(const std::string& path) {
  auto found = tree_->Find(path, false, false, true);
  assert(found && "a path that cannot be");
  return *std::move(found);
}

MemFs::Inode& MemFs::Placed(const std::string& path) {
  const Found found = Place(path);
  assert(found.inode != nullptr && "a path that is not there");
  return *found.inode;
}

void MemFs::Put(const std::string& path, std::string_view bytes, uint32_t mode) {
  const std::lock_guard lock(tree_->mutex);
  Found found = Place(path);
  if (found.inode == nullptr) found.inode = tree_->Make(found, Type::kFile, mode);
  assert(found.inode->Is(Type::kFile));
  found.inode->info.mode = mode;
  tree_->Write(*found.inode, std::string(bytes));
}

void MemFs::PutFolder(const std::string& path, uint32_t mode) {
  const std::lock_guard lock(tree_->mutex);
  Found found = Place(path);
  if (found.inode == nullptr) found.inode = tree_->Make(found, Type::kDirectory, mode);
  assert(found.inode->Is(Type::kDirectory));
  found.inode->info.mode = mode;
}

void MemFs::PutSymlink(const std::string& path, const std::string& target) {
  const std::lock_guard lock(tree_->mutex);
  const Found found = Place(path);
  assert(found.inode == nullptr && !target.empty());
  tree_->Write(*tree_->Make(found, Type::kSymlink, 0777), target);
}

void MemFs::PutPipe(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  const Found found = Place(path);
  assert(found.inode == nullptr);
  tree_->Make(found, Type::kOther, 0644);
}

void MemFs::PutMount(const std::string& path, uint64_t device) {
  PutFolder(path);
  const std::lock_guard lock(tree_->mutex);
  Inode& folder = Placed(path);
  folder.info.device = device;
  folder.device_below = device;
}

void MemFs::SetOwner(const std::string& path, uint32_t uid, uint32_t gid) {
  const std::lock_guard lock(tree_->mutex);
  Inode& inode = Placed(path);
  inode.info.uid = uid;
  inode.info.gid = gid;
}

void MemFs::SetMode(const std::string& path, uint32_t mode) {
  const std::lock_guard lock(tree_->mutex);
  Placed(path).info.mode = mode;
}

void MemFs::SetExtendedAcl(const std::string& path, bool extended) {
  const std::lock_guard lock(tree_->mutex);
  Placed(path).extended_acl = extended;
}

void MemFs::ForbidLinking(const std::string& path) {
  const std::lock_guard lock(tree_->mutex);
  Placed(path).linking_forbidden = true;
}

void MemFs::ActAs(uint32_t uid) {
  const std::lock_guard lock(tree_->mutex);
  tree_->user = uid;
}

void MemFs::SetFreeBytes(int64_t bytes) {
  const std::lock_guard lock(tree_->mutex);
  tree_->free_bytes = bytes;
}

std::map<std::string, std::string> MemFs::Everything() const {
  const std::lock_guard lock(tree_->mutex);
  std::map<std::string, std::string> all;
  std::vector<std::pair<std::string, const Inode*>> to_do = {{"/", tree_->root.get()}};
  while (!to_do.empty()) {
    const auto [folder_path, folder] = to_do.back();
    to_do.pop_back();
    for (const auto& [name, inode] : folder->entries) {
      const std::string path = io::JoinPath(folder_path, name);
      all[path] = inode->Is(Type::kSymlink) ? "-> " + inode->bytes : inode->bytes;
      if (inode->Is(Type::kDirectory)) to_do.emplace_back(path, inode.get());
    }
  }
  return all;
}

}  // namespace salvor::testing
