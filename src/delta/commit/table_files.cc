#include "delta/commit/table_files.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace salvor::delta {
namespace {

constexpr const char* kOutside =
    "salvor moves no files of other folders (shallow clones have such): recover the table that "
    "owns it";

// "a/./b" is "a/b": the log may spell a path so, and the real one has none.
std::string WithoutDots(std::string path) {
  for (size_t at = path.find("/./"); at != std::string::npos; at = path.find("/./")) {
    path.erase(at, 2);
  }
  if (path.ends_with("/.")) path.resize(path.size() - 2);
  return path;
}

}  // namespace

SourceFiles::SourceFiles(const io::FsReader& fs, const std::string& table_root)
    : fs_(fs), root_(table_root) {}

Status SourceFiles::CheckFolder(const std::string& folder) {
  if (checked_.count(folder) != 0) return Done{};
  if (real_root_.empty()) {
    SALVOR_TRY(real_root_, fs_.RealPath(root_));
  }
  auto real = fs_.RealPath(folder);
  if (!real) {
    // Not there, so nothing can be behind it; not remembered, because it may be made.
    if (real.error().code == Code::kNotFound) return Done{};
    return Fail(std::move(real).error());
  }
  if (*real != WithoutDots(real_root_ + folder.substr(root_.size()))) {
    return Fail(Code::kRefused, "a symbolic link stands in the table's folder", folder,
                "Replace the link with what it points to");
  }
  checked_.insert(folder);
  return Done{};
}

Result<std::string> SourceFiles::Locate(const std::string& log_path) {
  auto local = LocalPath(root_, log_path, false);
  if (!local) return Fail(std::move(local).error().Next(kOutside));
  SALVOR_OK(CheckFolder(io::ParentPath(*local)));
  return local;
}

Result<std::string> SourceFiles::LocateVector(const DeletionVector& vector) {
  auto local = VectorPath(root_, vector, false);
  if (!local) return Fail(std::move(local).error().Next(kOutside));
  SALVOR_OK(CheckFolder(io::ParentPath(*local)));
  return local;
}

Status SourceFiles::MakeFolderOf(io::Fs& fs, const std::string& local_path) {
  const std::string folder = io::ParentPath(local_path);
  if (!made_.insert(folder).second) return Done{};
  std::vector<std::string> missing;
  std::string existing = folder;
  std::optional<io::FileInfo> info;
  while (existing.size() > root_.size()) {
    SALVOR_TRY(info, fs.Stat(existing));
    if (info) break;
    missing.push_back(existing);
    existing = io::ParentPath(existing);
  }
  SALVOR_OK(CheckFolder(existing));
  SALVOR_TRY(info, fs.Stat(existing));
  if (!info) return Fail(Code::kNotFound, "the table's folder is gone", existing);
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    SALVOR_TRY([[maybe_unused]] const bool made, fs.MakeDirectory(*next, info->mode & 0777U));
    SALVOR_OK(fs.SyncDirectory(io::ParentPath(*next)));
  }
  // Also what was there: a run that was killed may have made it and synced nothing.
  while (existing.size() > root_.size()) {
    existing = io::ParentPath(existing);
    if (synced_.insert(existing).second) SALVOR_OK(fs.SyncDirectory(existing));
  }
  return CheckFolder(folder);
}

Result<std::optional<io::FileInfo>> SourceFiles::Look(const std::string& local_path) const {
  SALVOR_TRY(std::optional<io::FileInfo> info, fs_.Lstat(local_path));
  if (info && info->type != io::FileInfo::Type::kFile) {
    return Fail(Code::kRefused, "a symbolic link or special file stands where a data file belongs",
                local_path, "Replace it with the file itself");
  }
  return info;
}

Result<std::unique_ptr<io::RandomAccessFile>> SourceFiles::Open(const std::string& local_path) {
  if (folder_ == nullptr) {
    SALVOR_TRY(folder_, fs_.OpenFolder(root_));
  }
  auto file = folder_->Open(local_path.substr(std::min(local_path.size(), root_.size() + 1)));
  if (file) return file;
  if (file.error().code == Code::kNotFound) return std::unique_ptr<io::RandomAccessFile>();
  if (file.error().code != Code::kRefused) return Fail(std::move(file).error());
  return Fail(Code::kRefused,
              "a symbolic link or special file stands where a data file or its folder belongs",
              local_path, "Replace it with the file itself");
}

Result<bool> SameBytes(const io::FsReader& fs, const io::RandomAccessFile& a,
                       const std::string& b) {
  constexpr size_t kPiece = size_t{1} << 20U;
  auto opened = fs.Open(b);
  if (!opened && opened.error().code == Code::kNotFound) return false;
  if (!opened) return Fail(std::move(opened).error());
  const io::RandomAccessFile& right = **opened;
  if (a.Info().SameInode(right.Info())) return true;
  if (a.Size() != right.Size()) return false;
  std::vector<char> one(kPiece);
  std::vector<char> other(kPiece);
  for (int64_t at = 0; at < a.Size();) {
    SALVOR_TRY(const size_t got, a.ReadAt(at, one.data(), kPiece));
    SALVOR_TRY(const size_t got_too, right.ReadAt(at, other.data(), kPiece));
    if (got != got_too || got == 0 || std::memcmp(one.data(), other.data(), got) != 0) return false;
    at += static_cast<int64_t>(got);
  }
  return true;
}

}  // namespace salvor::delta
