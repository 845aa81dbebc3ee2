#include "testing/mem_fs.h"

#include <algorithm>
#include <sstream>

#include "testing/mem_tree.h"

namespace salvor::testing {

using Type = io::FileInfo::Type;

namespace {

Error NotARegularFile(std::string_view action, const std::string& path) {
  return Error{Code::kInvalidArgument, std::string(action) + ": not a regular file", path,
               "Check the path"};
}

}  // namespace

class MemFs::OpenedForReading final : public io::RandomAccessFile {
 public:
  OpenedForReading(std::shared_ptr<Tree> tree, std::shared_ptr<Inode> file)
      : tree_(std::move(tree)), file_(std::move(file)), info_(file_->info) {}
  [[nodiscard]] io::FileInfo Info() const override { return info_; }
  [[nodiscard]] const std::shared_ptr<Inode>& File() const { return file_; }
  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const override {
    const std::lock_guard lock(tree_->mutex);
    const size_t from = std::min(static_cast<size_t>(offset), file_->bytes.size());
    const size_t count = std::min(size, file_->bytes.size() - from);
    std::copy_n(file_->bytes.data() + from, count, buffer);
    return count;
  }

 private:
  std::shared_ptr<Tree> tree_;
  std::shared_ptr<Inode> file_;
  io::FileInfo info_;
};

class MemFs::OpenedFolder final : public io::Folder {
 public:
  OpenedFolder(const MemFs& fs, std::shared_ptr<Inode> folder, std::string path)
      : fs_(fs), folder_(std::move(folder)), path_(std::move(path)) {}

  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const override {
    constexpr std::string_view kAction = "cannot open the file";
    const std::lock_guard lock(fs_.tree_->mutex);
    const std::string where = io::JoinPath(path_, path);
    fs_.Record("Open", where);
    std::shared_ptr<Inode> inode = folder_;
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '/');) {
      if (part == "." || (part.empty() && inode != folder_)) continue;
      if (part == ".." || part.empty()) return Fail(NotBelow(where));
      if (!inode->Is(Type::kDirectory) || inode->entries.count(part) == 0) {
        return Fail(Code::kNotFound, std::string(kAction) + ": no such file", where,
                    "Check the path");
      }
      SALVOR_OK(fs_.tree_->RequireRight(*inode, 1, kAction, where));
      inode = inode->entries.at(part);
      if (inode->Is(Type::kSymlink)) return Fail(NotBelow(where));
    }
    if (!inode->Is(Type::kFile)) return Fail(NotBelow(where));
    SALVOR_OK(fs_.tree_->RequireRight(*inode, 4, kAction, where));
    return std::unique_ptr<io::RandomAccessFile>(
        std::make_unique<OpenedForReading>(fs_.tree_, inode));
  }

 private:
  static Error NotBelow(const std::string& where) {
    return Error{Code::kRefused, "something else than a file of this folder stands here", where,
                 "Replace it with what it stands for"};
  }

  const MemFs& fs_;
  std::shared_ptr<Inode> folder_;
  std::string path_;
};

class MemFs::OpenedForAppending final : public io::AppendFile {
 public:
  // `file` is locked already, by the caller.
  OpenedForAppending(std::shared_ptr<Tree> tree, std::shared_ptr<Inode> file)
      : tree_(std::move(tree)), file_(std::move(file)) {}
  OpenedForAppending(const OpenedForAppending&) = delete;
  OpenedForAppending& operator=(const OpenedForAppending&) = delete;
  ~OpenedForAppending() override {
    const std::lock_guard lock(tree_->mutex);
    file_->locked = false;
  }
  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(tree_->mutex);
    tree_->Write(*file_, file_->bytes + std::string(bytes));
    return Done{};
  }
  Status Sync() override { return Done{}; }
  Status Truncate(int64_t size) override {
    const std::lock_guard lock(tree_->mutex);
    std::string bytes = file_->bytes;
    bytes.resize(static_cast<size_t>(size));
    tree_->Write(*file_, std::move(bytes));
    return Done{};
  }

 private:
  std::shared_ptr<Tree> tree_;
  std::shared_ptr<Inode> file_;
};

MemFs::MemFs(const io::Clock& clock) : tree_(std::make_shared<Tree>(clock, kUser)) {}
MemFs::~MemFs() = default;

void MemFs::Record(std::string_view method, const std::string& path) const {
  tree_->accesses.push_back(Access{std::string(method), path});
}

Result<std::optional<io::FileInfo>> MemFs::Stat(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("Stat", path);
  auto found = tree_->Find(path, true);
  if (!found && found.error().code == Code::kNotFound) return std::nullopt;
  if (!found) return Fail(found.error());
  if (found->inode == nullptr) return std::nullopt;
  return found->inode->info;
}

Result<std::optional<io::FileInfo>> MemFs::Lstat(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("Lstat", path);
  auto found = tree_->Find(path, false);
  if (!found && found.error().code == Code::kNotFound) return std::nullopt;
  if (!found) return Fail(found.error());
  if (found->inode == nullptr) return std::nullopt;
  return found->inode->info;
}

Result<std::vector<std::string>> MemFs::List(const std::string& directory) const {
  SALVOR_TRY(const std::vector<Entry> entries, ListEntries(directory));
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

Result<std::vector<io::FsReader::Entry>> MemFs::ListEntries(const std::string& directory) const {
  const std::lock_guard lock(tree_->mutex);
  Record("List", directory);
  SALVOR_TRY(const Found found, tree_->Existing(directory, true, "cannot list the folder"));
  if (!found.inode->Is(Type::kDirectory)) {
    return Fail(Code::kNotFound, "cannot list the folder: not a folder", directory);
  }
  SALVOR_OK(tree_->RequireRight(*found.inode, 4, "cannot list the folder", directory));
  std::vector<Entry> entries;
  for (const auto& [name, inode] : found.inode->entries) {
    entries.push_back(Entry{name, inode->info});
  }
  return entries;
}

Result<std::string> MemFs::ReadFile(const std::string& path, int64_t limit) const {
  constexpr std::string_view kAction = "cannot read the file";
  const std::lock_guard lock(tree_->mutex);
  Record("ReadFile", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, true, kAction));
  SALVOR_OK(tree_->RequireRight(*found.inode, 4, kAction, path));
  if (!found.inode->Is(Type::kFile)) return Fail(NotARegularFile(kAction, path));
  if (found.inode->info.size > limit) {
    return Fail(Code::kInvalidArgument,
                "the file is larger than the " + std::to_string(limit) + " bytes it may have", path,
                "Check that this is the file that was meant");
  }
  return found.inode->bytes;
}

Result<std::unique_ptr<io::RandomAccessFile>> MemFs::Open(const std::string& path) const {
  constexpr std::string_view kAction = "cannot open the file";
  const std::lock_guard lock(tree_->mutex);
  Record("Open", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, true, kAction));
  SALVOR_OK(tree_->RequireRight(*found.inode, 4, kAction, path));
  if (!found.inode->Is(Type::kFile)) return Fail(NotARegularFile(kAction, path));
  return std::unique_ptr<io::RandomAccessFile>(
      std::make_unique<OpenedForReading>(tree_, found.inode));
}

Result<std::unique_ptr<io::Folder>> MemFs::OpenFolder(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("OpenFolder", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, true, "cannot open the folder"));
  if (!found.inode->Is(Type::kDirectory)) {
    return Fail(Code::kNotFound, "cannot open the folder: not a folder", path, "Check the path");
  }
  return std::unique_ptr<io::Folder>(std::make_unique<OpenedFolder>(*this, found.inode, path));
}

Result<std::string> MemFs::RealPath(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("RealPath", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, true, "cannot resolve the path"));
  return found.real_path;
}

Result<bool> MemFs::HasExtendedAcl(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("HasExtendedAcl", path);
  SALVOR_TRY(const Found found,
             tree_->Existing(path, false, "cannot read the access control list"));
  return found.inode->extended_acl;
}

uint32_t MemFs::EffectiveUser() const {
  const std::lock_guard lock(tree_->mutex);
  return tree_->user;
}

Result<int64_t> MemFs::FreeBytes(const std::string& path) const {
  const std::lock_guard lock(tree_->mutex);
  Record("FreeBytes", path);
  SALVOR_OK(tree_->Existing(path, true, "cannot ask for the free space"));
  return tree_->free_bytes;
}

Result<bool> MemFs::MakeDirectory(const std::string& path, uint32_t mode) {
  constexpr std::string_view kAction = "cannot make the folder";
  const std::lock_guard lock(tree_->mutex);
  Record("MakeDirectory", path);
  // Not following: mkdir(2) never makes what a dangling link points to.
  SALVOR_TRY(const Found found, tree_->Find(path, false));
  if (found.inode != nullptr) {
    auto target = tree_->Find(path, true);
    if (target && target->inode != nullptr && target->inode->Is(Type::kDirectory)) return false;
    return Fail(Code::kConflict, std::string(kAction) + ": something else has this name", path,
                "Move it away, then run the same command again");
  }
  SALVOR_OK(tree_->RequireRight(*found.folder, 3, kAction, path));
  tree_->Make(found, Type::kDirectory, mode);
  return true;
}

Result<bool> MemFs::CreateNew(const std::string& path, std::string_view bytes, uint32_t mode) {
  constexpr std::string_view kAction = "cannot create the file";
  const std::lock_guard lock(tree_->mutex);
  Record("CreateNew", path);
  SALVOR_TRY(const Found found, tree_->Find(path, false));
  if (found.folder == nullptr) return false;
  // The right first: the real one needs it for its temporary file, whether the name is free or not.
  SALVOR_OK(tree_->RequireRight(*found.folder, 3, kAction, path));
  if (found.inode != nullptr) return false;
  tree_->Write(*tree_->Make(found, Type::kFile, mode), std::string(bytes));
  return true;
}

Status MemFs::Replace(const std::string& path, std::string_view bytes, uint32_t mode) {
  constexpr std::string_view kAction = "cannot replace the file";
  const std::lock_guard lock(tree_->mutex);
  Record("Replace", path);
  SALVOR_TRY(const Found found, tree_->Find(path, false));
  if (found.folder == nullptr || (found.inode != nullptr && found.inode->Is(Type::kDirectory))) {
    return Fail(Code::kInvalidArgument, std::string(kAction) + ": it is a folder", path,
                "Check the path");
  }
  SALVOR_OK(tree_->RequireRight(*found.folder, 3, kAction, path));
  if (found.inode != nullptr) tree_->Leave(found);
  tree_->Write(*tree_->Make(found, Type::kFile, mode), std::string(bytes));
  return Done{};
}

Result<io::LinkOutcome> MemFs::Link(const std::string& from, const std::string& to) {
  const std::lock_guard lock(tree_->mutex);
  Record("Link", to);
  auto source = tree_->Find(from, false);
  if (!source && source.error().code != Code::kNotFound) return Fail(source.error());
  if (!source || source->inode == nullptr) return io::LinkOutcome::kSourceGone;
  return LinkInode(source->inode, to);
}

Result<io::LinkOutcome> MemFs::Link(const io::RandomAccessFile& from, const std::string& to) {
  const std::lock_guard lock(tree_->mutex);
  Record("Link", to);
  const auto& file = dynamic_cast<const OpenedForReading&>(from).File();
  if (file->info.links == 0) return io::LinkOutcome::kSourceGone;
  return LinkInode(file, to);
}

Result<io::LinkOutcome> MemFs::LinkInode(const std::shared_ptr<Inode>& source,
                                         const std::string& to) {
  SALVOR_TRY(const Found target, tree_->Find(to, false));
  if (target.inode != nullptr) return io::LinkOutcome::kExists;
  if (target.folder->device_below != source->info.device) return io::LinkOutcome::kOtherDevice;
  SALVOR_OK(tree_->RequireRight(*target.folder, 3, "cannot link the file", to));
  if (source->linking_forbidden || source->Is(Type::kDirectory)) {
    return io::LinkOutcome::kNotPermitted;
  }
  tree_->Enter(target, source);
  return io::LinkOutcome::kLinked;
}

Result<bool> MemFs::CopyNew(const std::string& from, const std::string& to) {
  constexpr std::string_view kAction = "cannot copy the file";
  const std::lock_guard lock(tree_->mutex);
  Record("CopyNew", to);
  SALVOR_TRY(const Found source, tree_->Existing(from, true, kAction));
  SALVOR_OK(tree_->RequireRight(*source.inode, 4, kAction, from));
  if (!source.inode->Is(Type::kFile)) return Fail(NotARegularFile(kAction, from));
  return CopyInode(*source.inode, to);
}

Result<bool> MemFs::CopyNew(const io::RandomAccessFile& from, const std::string& to) {
  const std::lock_guard lock(tree_->mutex);
  Record("CopyNew", to);
  return CopyInode(*dynamic_cast<const OpenedForReading&>(from).File(), to);
}

Result<bool> MemFs::CopyInode(const Inode& source, const std::string& to) {
  SALVOR_TRY(const Found target, tree_->Find(to, false));
  if (target.inode != nullptr) return false;
  SALVOR_OK(tree_->RequireRight(*target.folder, 3, "cannot copy the file", to));
  const auto copy = tree_->Make(target, Type::kFile, source.info.mode & 0777U);
  copy->info.gid = source.info.gid;
  tree_->Write(*copy, source.bytes);
  return true;
}

Status MemFs::SetModified(const std::string& path, Instant instant) {
  constexpr std::string_view kAction = "cannot set the file's time of modification";
  const std::lock_guard lock(tree_->mutex);
  Record("SetModified", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, false, kAction));
  if (tree_->user != 0 && found.inode->info.uid != tree_->user) {
    return Fail(Code::kPermission, std::string(kAction) + ": operation not permitted", path,
                "Get the right to do this, then run the same command again");
  }
  found.inode->info.modified = instant;
  return Done{};
}

Status MemFs::SyncDirectory(const std::string& path) {
  constexpr std::string_view kAction = "cannot make the folder's entries durable";
  const std::lock_guard lock(tree_->mutex);
  Record("SyncDirectory", path);
  SALVOR_TRY(const Found found, tree_->Existing(path, true, kAction));
  SALVOR_OK(tree_->RequireRight(*found.inode, 4, kAction, path));
  if (found.inode->Is(Type::kDirectory)) return Done{};
  return Fail(Code::kNotFound, std::string(kAction) + ": not a folder", path, "Check the path");
}

Result<bool> MemFs::Remove(const std::string& path) {
  constexpr std::string_view kAction = "cannot remove the file";
  const std::lock_guard lock(tree_->mutex);
  Record("Remove", path);
  auto found = tree_->Find(path, false);
  if (!found && found.error().code != Code::kNotFound) return Fail(found.error());
  if (!found || found->inode == nullptr) return false;
  if (found->inode->Is(Type::kDirectory)) {
    return Fail(Code::kInvalidArgument, std::string(kAction) + ": it is a folder", path,
                "Check the path");
  }
  SALVOR_OK(tree_->RequireRight(*found->folder, 3, kAction, path));
  tree_->Leave(*found);
  return true;
}

Result<bool> MemFs::RemoveDirectory(const std::string& path) {
  constexpr std::string_view kAction = "cannot remove the folder";
  const std::lock_guard lock(tree_->mutex);
  Record("RemoveDirectory", path);
  auto found = tree_->Find(path, false);
  if (!found && found.error().code != Code::kNotFound) return Fail(found.error());
  if (!found || found->inode == nullptr) return false;
  if (!found->inode->Is(Type::kDirectory) || found->folder == nullptr) {
    return Fail(Code::kInvalidArgument, std::string(kAction) + ": not a folder", path,
                "Check the path");
  }
  SALVOR_OK(tree_->RequireRight(*found->folder, 3, kAction, path));
  if (!found->inode->entries.empty()) {
    return Fail(Code::kConflict, std::string(kAction) + ": directory not empty", path);
  }
  tree_->Leave(*found);
  return true;
}

Result<std::unique_ptr<io::AppendFile>> MemFs::OpenAppend(const std::string& path, uint32_t mode) {
  constexpr std::string_view kAction = "cannot open the file for appending";
  const std::lock_guard lock(tree_->mutex);
  Record("OpenAppend", path);
  SALVOR_TRY(const Found found, tree_->Find(path, false));
  std::shared_ptr<Inode> file = found.inode;
  if (file == nullptr) {
    SALVOR_OK(tree_->RequireRight(*found.folder, 3, kAction, path));
    file = tree_->Make(found, Type::kFile, mode);
  } else {
    if (!file->Is(Type::kFile)) return Fail(NotARegularFile(kAction, path));
    SALVOR_OK(tree_->RequireRight(*file, 2, kAction, path));
  }
  if (file->locked) {
    return Fail(Code::kConflict, "another process holds this file's lock", path,
                "Wait until it has ended, then run the same command again");
  }
  file->locked = true;
  return std::unique_ptr<io::AppendFile>(std::make_unique<OpenedForAppending>(tree_, file));
}

}  // namespace salvor::testing
