#include "delta/log/disk_files.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "delta/log/listing.h"
#include "delta/protocol/file_key.h"

namespace salvor::delta {
namespace {

// More than there are cores: on a network's file system they wait most of the time.
constexpr size_t kThreads = 8;

DiskKey KeyOfPlain(std::string_view path) { return KeyOfFile(path, {}).low; }

// "/a/./b" is "/a/b".
std::string WithoutDots(std::string path) {
  for (size_t at = path.find("/./"); at != std::string::npos; at = path.find("/./", at))
    path.erase(at, 2);
  return path;
}

DiskPlace PlaceOf(const std::string& root, std::string local_path) {
  const std::string path = WithoutDots(std::move(local_path));
  const bool below =
      path.size() > root.size() + 1 && path.starts_with(root) && path[root.size()] == '/';
  if (below) return {KeyOfPlain(std::string_view(path).substr(root.size() + 1)), {}};
  return {KeyOfPlain(path), io::ParentPath(path)};
}

// As Spark's VACUUM sees it: hidden, unless it is a partition of a column that is named so.
bool IsHidden(std::string_view name) {
  return (name.front() == '_' || name.front() == '.') && name.find('=') == std::string_view::npos;
}

bool IsDataName(std::string_view name) { return !IsHidden(name) && name.ends_with(".parquet"); }

}  // namespace

DiskPlace PlaceOnDisk(const std::string& table_root, std::string_view log_path) {
  auto local = LocalPath(table_root, log_path, true);
  return local ? PlaceOf(table_root, *std::move(local)) : DiskPlace();
}

DiskPlace PlaceOfVector(const std::string& table_root, const DeletionVector& vector) {
  if (vector.storage_type == "i") return {};
  auto local = VectorPath(table_root, vector, true);
  return local ? PlaceOf(table_root, *std::move(local)) : DiskPlace();
}

DiskFiles::DiskFiles(const TableFiles& files, std::string table_root)
    : files_of_(files), fs_(files->Folders()), root_(std::move(table_root)) {}

std::string DiskFiles::LocalPath(const std::string& folder) const {
  if (folder.empty()) return root_;
  return folder.front() == '/' ? folder : io::JoinPath(root_, folder);
}

// True if the folder is one of those that lead to `folder`, or that one itself: a link that goes
// round in a circle.
bool DiskFiles::IsAbove(uint32_t folder, const io::FileInfo& info) const {
  while (true) {
    const Folder& at = folders_[folder];
    if (at.inode == info.inode && at.device == info.device) return true;
    if (folder == at.parent) return false;
    folder = at.parent;
  }
}

Status DiskFiles::TakeEntry(uint32_t folder, const io::FsReader::Entry& entry, Instant settled,
                            std::string& path, Listed& into) const {
  const Folder& within = folders_[folder];
  const size_t length = path.size();
  path += entry.name;
  io::FileInfo info = entry.info;
  if (info.type == io::FileInfo::Type::kSymlink) {
    SALVOR_TRY(const auto target, fs_->Stat(LocalPath(path)));
    info = target.value_or(entry.info);
  }
  if (info.type == io::FileInfo::Type::kDirectory) {
    if (!(within.path.empty() && entry.name == kLogFolder) && !IsAbove(folder, info))
      into.folders.push_back(
          {path, folder, info.device, info.inode, within.hidden || IsHidden(entry.name)});
  } else if (info.type == io::FileInfo::Type::kFile) {
    const bool is_data = !within.hidden && IsDataName(entry.name) && info.modified < settled;
    into.files.push_back({KeyOfPlain(path), info.size, folder, is_data, false, false});
  }
  path.resize(length);
  return Done{};
}

DiskFiles::Listed DiskFiles::List(uint32_t folder, Instant settled) const {
  Listed listed;
  const std::string& name = folders_[folder].path;
  auto entries = fs_->ListEntries(LocalPath(name));
  if (!entries) {
    // Gone since its parent was listed: it holds nothing.
    if (entries.error().code != Code::kNotFound)
      listed.unlisted = (name.empty() ? "." : name) + ": " + entries.error().what;
    return listed;
  }
  listed.files.reserve(entries->size());
  std::string path = name.empty() ? "" : name + "/";
  for (const io::FsReader::Entry& entry : *entries) {
    const Status taken = TakeEntry(folder, entry, settled, path, listed);
    if (!taken) {
      listed.unlisted = path + ": " + taken.error().what;
      return listed;
    }
  }
  return listed;
}

std::vector<DiskFiles::Listed> DiskFiles::ListLevel(size_t begin, Instant settled,
                                                    warehouse::Progress& progress) const {
  std::vector<Listed> listed(folders_.size() - begin);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < listed.size(); i = next++)
      listed[i] = List(static_cast<uint32_t>(begin + i), settled);
  };
  progress.Tell("looking for the table's files", static_cast<int64_t>(begin),
                static_cast<int64_t>(folders_.size()));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(kThreads, listed.size()); ++i) {
    try {
      threads.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // no more threads here: those that there are do it
    }
  }
  work();
  for (std::thread& thread : threads) thread.join();
  return listed;
}

DiskFiles::Listed DiskFiles::ListStoreFolder(uint32_t folder) const {
  Listed listed;
  const std::string& path = folders_[folder].path;
  const auto found = files_of_->List(LocalPath(path));
  if (!found && found.error().code != Code::kNotFound)
    listed.unlisted = (path.empty() ? "." : path) + ": " + found.error().what;
  if (!found) return listed;
  for (const FoundFile& file : *found) {
    if (file.is_folder) continue;
    const std::string whole = path.empty() ? file.name : io::JoinPath(path, file.name);
    listed.files.push_back({KeyOfPlain(whole), file.size, folder, false, false, false});
  }
  return listed;
}

// One pass, page by page; folders are what the keys have in common.
void DiskFiles::ListStore(Instant settled) {
  const std::string log = std::string(kLogFolder) + "/";
  std::vector<File> found;
  FolderOf("");
  const Status listed = files_of_->ListBelow(root_, [&](const FoundFile& file) {
    if (file.name.starts_with(log)) return;
    const size_t slash = file.name.rfind('/');
    const std::string_view name = std::string_view(file.name).substr(slash + 1);
    const uint32_t folder =
        FolderOf(slash == std::string::npos ? "" : std::string_view(file.name).substr(0, slash));
    const bool is_data =
        !folders_[folder].hidden && !name.empty() && IsDataName(name) && file.modified < settled;
    found.push_back({KeyOfPlain(file.name), file.size, folder, is_data, false, false});
  });
  Take({std::move(found), {}, listed ? "" : root_ + ": " + listed.error().what});
}

uint32_t DiskFiles::FolderOf(std::string_view path) {
  const auto [known, fresh] = store_folders_.emplace(path, static_cast<uint32_t>(folders_.size()));
  if (!fresh) return known->second;
  bool hidden = false;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    hidden = hidden || (!part.empty() && IsHidden(part));
    begin = end + 1;
  }
  folders_.push_back({std::string(path), 0, 0, 0, hidden});
  return static_cast<uint32_t>(folders_.size() - 1);
}

void DiskFiles::ListTable(Instant settled, warehouse::Progress& progress) {
  if (fs_ == nullptr) {
    ListStore(settled);
    return;
  }
  const auto root = fs_->Stat(root_);
  folders_.push_back(
      {"", 0, root && *root ? (*root)->device : 0, root && *root ? (*root)->inode : 0, false});
  for (size_t begin = 0; begin < folders_.size();) {
    const size_t end = folders_.size();
    std::vector<Listed> level = ListLevel(begin, settled, progress);
    begin = end;
    for (Listed& listed : level) Take(std::move(listed));
  }
}

void DiskFiles::ListFolder(const std::string& folder) {
  const auto number = static_cast<uint32_t>(folders_.size());
  folders_.push_back({folder, number, 0, 0, true});
  Listed listed = fs_ == nullptr ? ListStoreFolder(number) : List(number, Instant::min());
  listed.folders.clear();
  Take(std::move(listed));
}

void DiskFiles::Take(Listed listed) {
  if (!listed.unlisted.empty()) unlisted_.push_back(std::move(listed.unlisted));
  std::move(listed.folders.begin(), listed.folders.end(), std::back_inserter(folders_));
  Reserve(files_.size() + listed.files.size());
  for (const File& file : listed.files) {
    files_.push_back(file);
    size_t slot = file.key & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(files_.size());
  }
}

void DiskFiles::Reserve(size_t files) {
  size_t wanted = std::max<size_t>(slots_.size(), 1024);
  while (wanted < 2 * files) wanted *= 2;
  if (wanted == slots_.size()) return;
  slots_.assign(wanted, 0);
  for (size_t i = 0; i < files_.size(); ++i) {
    size_t slot = files_[i].key & (wanted - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (wanted - 1);
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

const DiskFiles::File* DiskFiles::Find(DiskKey key) const {
  if (slots_.empty() || key == kElsewhere) return nullptr;
  for (size_t slot = key & (slots_.size() - 1); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    const File& file = files_[slots_[slot] - size_t{1}];
    if (file.key == key) return &file;
  }
  return nullptr;
}

DiskFiles::File* DiskFiles::At(DiskKey key) {
  const File* file = Find(key);
  return file == nullptr ? nullptr : &files_[static_cast<size_t>(file - files_.data())];
}

void DiskFiles::Name(DiskKey key) {
  if (File* file = At(key)) file->named = true;
}

void DiskFiles::SetLive(DiskKey key) {
  if (File* file = At(key)) file->live = true;
}

std::vector<DiskFiles::Unnamed> DiskFiles::UnnamedData() const {
  std::vector<Unnamed> by_folder(folders_.size());
  for (const File& file : files_) {
    if (!file.is_data || file.named) continue;
    ++by_folder[file.folder].files;
    by_folder[file.folder].bytes += file.size;
  }
  std::vector<Unnamed> found;
  for (size_t i = 0; i < by_folder.size(); ++i) {
    if (by_folder[i].files == 0) continue;
    found.push_back({folders_[i].path, by_folder[i].files, by_folder[i].bytes});
  }
  std::sort(found.begin(), found.end(),
            [](const Unnamed& a, const Unnamed& b) { return a.folder < b.folder; });
  return found;
}

}  // namespace salvor::delta
