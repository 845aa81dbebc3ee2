#include "testing/mem_tree.h"

#include <deque>

namespace salvor::testing {
namespace {

using Type = io::FileInfo::Type;

// The parts of a path, the last first out. "." and empty parts are nothing.
void PushParts(std::deque<std::string>& parts, const std::string& path) {
  std::vector<std::string> found;
  size_t at = 0;
  while (at <= path.size()) {
    const size_t slash = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, slash - at);
    if (!part.empty() && part != ".") found.push_back(std::move(part));
    at = slash + 1;
  }
  parts.insert(parts.begin(), found.begin(), found.end());
}

Error NotThere(const std::string& path) {
  return Error{Code::kNotFound, "no such file or folder", path, "Check the path"};
}

}  // namespace

MemFs::Tree::Tree(const io::Clock& clock_in, uint32_t user_in)
    : clock(clock_in), root(std::make_shared<Inode>()), user(user_in) {
  root->info.type = Type::kDirectory;
  root->info.mode = 0755;
  root->info.uid = user;
  root->info.gid = user;
  root->info.device = 1;
  root->info.inode = 1;
  root->info.links = 2;
  root->info.modified = clock.Now();
  root->device_below = 1;
}

Result<MemFs::Found> MemFs::Tree::Find(const std::string& path, bool follow, bool check_rights,
                                       bool make_folders) {
  std::deque<std::string> parts;
  PushParts(parts, path);
  std::vector<Found> way = {Found{nullptr, "", root, "/"}};
  int links_followed = 0;
  while (!parts.empty()) {
    std::string part = std::move(parts.front());
    parts.pop_front();
    if (part == "..") {
      if (way.size() > 1) way.pop_back();
      continue;
    }
    if (part.size() > 255) {
      return Fail(Code::kInvalidArgument, "file name too long", path, "Use a shorter path");
    }
    const std::shared_ptr<Inode> folder = way.back().inode;
    if (!folder->Is(Type::kDirectory)) return Fail(NotThere(path));
    if (check_rights) SALVOR_OK(RequireRight(*folder, 1, "cannot look into the folder", path));
    Found step{folder, part, nullptr, io::JoinPath(way.back().real_path, part)};
    const auto entry = folder->entries.find(part);
    if (entry != folder->entries.end()) step.inode = entry->second;
    if (step.inode == nullptr) {
      if (parts.empty()) return step;
      if (!make_folders) return Fail(NotThere(path));
      step.inode = Make(step, Type::kDirectory, 0755);
    }
    if (step.inode->Is(Type::kSymlink) && (follow || !parts.empty())) {
      constexpr int kMostLinks = 40;
      if (++links_followed > kMostLinks) {
        return Fail(Code::kInvalidArgument, "too many levels of symbolic links", path,
                    "Check the symbolic links on this path");
      }
      if (step.inode->bytes.front() == '/') way.resize(1);
      PushParts(parts, step.inode->bytes);
      continue;
    }
    way.push_back(std::move(step));
  }
  return way.back();
}

Result<MemFs::Found> MemFs::Tree::Existing(const std::string& path, bool follow,
                                           std::string_view action) {
  auto found = Find(path, follow);
  if (found && found->inode != nullptr) return found;
  Error error = found ? NotThere(path) : found.error();
  error.what = std::string(action) + ": " + error.what;
  return Fail(std::move(error));
}

bool MemFs::Tree::Allows(const Inode& inode, uint32_t permission) const {
  if (user == 0) return true;
  const uint32_t shift = inode.info.uid == user ? 6U : inode.info.gid == user ? 3U : 0U;
  return ((inode.info.mode >> shift) & permission) == permission;
}

Status MemFs::Tree::RequireRight(const Inode& inode, uint32_t permission, std::string_view action,
                                 const std::string& path) const {
  if (Allows(inode, permission)) return Done{};
  return Fail(Code::kPermission, std::string(action) + ": permission denied", path,
              "Get the right to do this, then run the same command again");
}

std::shared_ptr<MemFs::Inode> MemFs::Tree::Make(const Found& found, io::FileInfo::Type type,
                                                uint32_t mode) {
  auto inode = std::make_shared<Inode>();
  inode->info.type = type;
  inode->info.mode = mode;
  inode->info.uid = user;
  inode->info.gid = user;
  inode->info.device = found.folder->device_below;
  inode->device_below = found.folder->device_below;
  inode->info.inode = next_inode++;
  inode->info.links = type == Type::kDirectory ? 1 : 0;
  inode->info.modified = clock.Now();
  Enter(found, inode);
  return inode;
}

void MemFs::Tree::Enter(const Found& found, const std::shared_ptr<Inode>& inode) {
  ++inode->info.links;
  found.folder->entries[found.name] = inode;
  found.folder->info.modified = clock.Now();
}

void MemFs::Tree::Leave(const Found& found) {
  --found.inode->info.links;
  found.folder->entries.erase(found.name);
  found.folder->info.modified = clock.Now();
}

void MemFs::Tree::Write(Inode& file, std::string bytes) {
  file.bytes = std::move(bytes);
  file.info.size = static_cast<int64_t>(file.bytes.size());
  file.info.modified = clock.Now();
}

}  // namespace salvor::testing
