#include "testing/intercepting_fs.h"

#include <utility>

namespace salvor::testing {

std::string_view CallName(Call call) {
  static constexpr std::string_view kNames[] = {"Stat",
                                                "List",
                                                "ReadFile",
                                                "Open",
                                                "ReadAt",
                                                "RealPath",
                                                "HasExtendedAcl",
                                                "FreeBytes",
                                                "MakeDirectory",
                                                "CreateNew",
                                                "Replace",
                                                "Link",
                                                "CopyNew",
                                                "SetModified",
                                                "SyncDirectory",
                                                "Remove",
                                                "RemoveDirectory",
                                                "OpenAppend",
                                                "Append",
                                                "Sync",
                                                "Truncate"};
  return kNames[static_cast<size_t>(call)];
}

class InterceptingFs::ReadingFile final : public io::RandomAccessFile {
 public:
  ReadingFile(const InterceptingFs& fs, std::unique_ptr<io::RandomAccessFile> inner,
              std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  [[nodiscard]] io::FileInfo Info() const override { return inner_->Info(); }
  [[nodiscard]] const io::RandomAccessFile& Inner() const { return *inner_; }
  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const override {
    SALVOR_OK(fs_.Before(Call::kReadAt, path_));
    return inner_->ReadAt(offset, buffer, size);
  }

 private:
  const InterceptingFs& fs_;
  std::unique_ptr<io::RandomAccessFile> inner_;
  std::string path_;
};

class InterceptingFs::HeldFolder final : public io::Folder {
 public:
  HeldFolder(const InterceptingFs& fs, std::unique_ptr<io::Folder> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const override {
    const std::string where = io::JoinPath(path_, path);
    SALVOR_OK(fs_.Before(Call::kOpen, where));
    SALVOR_TRY(auto inner, inner_->Open(path));
    return std::unique_ptr<io::RandomAccessFile>(
        std::make_unique<ReadingFile>(fs_, std::move(inner), where));
  }

 private:
  const InterceptingFs& fs_;
  std::unique_ptr<io::Folder> inner_;
  std::string path_;
};

class InterceptingFs::AppendingFile final : public io::AppendFile {
 public:
  AppendingFile(const InterceptingFs& fs, std::unique_ptr<io::AppendFile> inner, std::string path)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)) {}
  Status Append(std::string_view bytes) override {
    SALVOR_OK(fs_.Before(Call::kAppend, path_));
    return inner_->Append(bytes);
  }
  Status Sync() override {
    SALVOR_OK(fs_.Before(Call::kSync, path_));
    return inner_->Sync();
  }
  Status Truncate(int64_t size) override {
    SALVOR_OK(fs_.Before(Call::kTruncate, path_));
    return inner_->Truncate(size);
  }

 private:
  const InterceptingFs& fs_;
  std::unique_ptr<io::AppendFile> inner_;
  std::string path_;
};

Result<std::optional<io::FileInfo>> InterceptingFs::Stat(const std::string& path) const {
  SALVOR_OK(Before(Call::kStat, path));
  return inner_.Stat(path);
}

Result<std::optional<io::FileInfo>> InterceptingFs::Lstat(const std::string& path) const {
  SALVOR_OK(Before(Call::kStat, path));
  return inner_.Lstat(path);
}

Result<std::vector<std::string>> InterceptingFs::List(const std::string& directory) const {
  SALVOR_OK(Before(Call::kList, directory));
  return inner_.List(directory);
}

Result<std::vector<io::FsReader::Entry>> InterceptingFs::ListEntries(
    const std::string& directory) const {
  SALVOR_OK(Before(Call::kList, directory));
  return inner_.ListEntries(directory);
}

Result<std::string> InterceptingFs::ReadFile(const std::string& path, int64_t limit) const {
  SALVOR_OK(Before(Call::kReadFile, path));
  return inner_.ReadFile(path, limit);
}

Result<std::unique_ptr<io::RandomAccessFile>> InterceptingFs::Open(const std::string& path) const {
  SALVOR_OK(Before(Call::kOpen, path));
  SALVOR_TRY(auto inner, inner_.Open(path));
  return std::unique_ptr<io::RandomAccessFile>(
      std::make_unique<ReadingFile>(*this, std::move(inner), path));
}

Result<std::unique_ptr<io::Folder>> InterceptingFs::OpenFolder(const std::string& path) const {
  SALVOR_OK(Before(Call::kOpen, path));
  SALVOR_TRY(auto inner, inner_.OpenFolder(path));
  return std::unique_ptr<io::Folder>(std::make_unique<HeldFolder>(*this, std::move(inner), path));
}

Result<std::string> InterceptingFs::RealPath(const std::string& path) const {
  SALVOR_OK(Before(Call::kRealPath, path));
  return inner_.RealPath(path);
}

Result<bool> InterceptingFs::HasExtendedAcl(const std::string& path) const {
  SALVOR_OK(Before(Call::kHasExtendedAcl, path));
  return inner_.HasExtendedAcl(path);
}

uint32_t InterceptingFs::EffectiveUser() const { return inner_.EffectiveUser(); }

Result<int64_t> InterceptingFs::FreeBytes(const std::string& path) const {
  SALVOR_OK(Before(Call::kFreeBytes, path));
  return inner_.FreeBytes(path);
}

Result<bool> InterceptingFs::MakeDirectory(const std::string& path, uint32_t mode) {
  SALVOR_OK(Before(Call::kMakeDirectory, path));
  return inner_.MakeDirectory(path, mode);
}

Result<bool> InterceptingFs::CreateNew(const std::string& path, std::string_view bytes,
                                       uint32_t mode) {
  SALVOR_OK(Before(Call::kCreateNew, path));
  return inner_.CreateNew(path, bytes, mode);
}

Status InterceptingFs::Replace(const std::string& path, std::string_view bytes, uint32_t mode) {
  SALVOR_OK(Before(Call::kReplace, path));
  return inner_.Replace(path, bytes, mode);
}

Result<io::LinkOutcome> InterceptingFs::Link(const std::string& from, const std::string& to) {
  SALVOR_OK(Before(Call::kLink, to));
  return inner_.Link(from, to);
}

Result<bool> InterceptingFs::CopyNew(const std::string& from, const std::string& to) {
  SALVOR_OK(Before(Call::kCopyNew, to));
  return inner_.CopyNew(from, to);
}

Result<io::LinkOutcome> InterceptingFs::Link(const io::RandomAccessFile& from,
                                             const std::string& to) {
  SALVOR_OK(Before(Call::kLink, to));
  return inner_.Link(Inner(from), to);
}

Result<bool> InterceptingFs::CopyNew(const io::RandomAccessFile& from, const std::string& to) {
  SALVOR_OK(Before(Call::kCopyNew, to));
  return inner_.CopyNew(Inner(from), to);
}

const io::RandomAccessFile& InterceptingFs::Inner(const io::RandomAccessFile& file) {
  return dynamic_cast<const ReadingFile&>(file).Inner();
}

Status InterceptingFs::SetModified(const std::string& path, Instant instant) {
  SALVOR_OK(Before(Call::kSetModified, path));
  return inner_.SetModified(path, instant);
}

Status InterceptingFs::SyncDirectory(const std::string& path) {
  SALVOR_OK(Before(Call::kSyncDirectory, path));
  return inner_.SyncDirectory(path);
}

Result<bool> InterceptingFs::Remove(const std::string& path) {
  SALVOR_OK(Before(Call::kRemove, path));
  return inner_.Remove(path);
}

Result<bool> InterceptingFs::RemoveDirectory(const std::string& path) {
  SALVOR_OK(Before(Call::kRemoveDirectory, path));
  return inner_.RemoveDirectory(path);
}

Result<std::unique_ptr<io::AppendFile>> InterceptingFs::OpenAppend(const std::string& path,
                                                                   uint32_t mode) {
  SALVOR_OK(Before(Call::kOpenAppend, path));
  SALVOR_TRY(auto inner, inner_.OpenAppend(path, mode));
  return std::unique_ptr<io::AppendFile>(
      std::make_unique<AppendingFile>(*this, std::move(inner), path));
}

}  // namespace salvor::testing
