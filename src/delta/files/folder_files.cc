// A table's files in a file system.
#include <utility>

#include "delta/files/table_files.h"

namespace salvor::delta {
namespace {

class FolderFiles final : public FileSource {
 public:
  explicit FolderFiles(const io::FsReader& fs) : fs_(fs) {}

  // Links stand for what they lead to, and those that lead nowhere for nothing.
  Result<std::vector<FoundFile>> List(const std::string& folder) const override {
    SALVOR_TRY(const std::vector<io::FsReader::Entry> entries, fs_.ListEntries(folder));
    std::vector<FoundFile> found;
    found.reserve(entries.size());
    for (const io::FsReader::Entry& entry : entries) {
      io::FileInfo info = entry.info;
      if (info.type == io::FileInfo::Type::kSymlink) {
        SALVOR_TRY(const auto target, fs_.Stat(io::JoinPath(folder, entry.name)));
        if (!target) continue;
        info = *target;
      }
      const bool is_folder = info.type == io::FileInfo::Type::kDirectory;
      if (is_folder || info.type == io::FileInfo::Type::kFile)
        found.push_back({entry.name, info.size, info.modified, is_folder});
    }
    return found;
  }
  Result<std::optional<FoundFile>> Find(const std::string& path) const override {
    SALVOR_TRY(const auto info, fs_.Stat(path));
    if (!info) return std::optional<FoundFile>();
    return std::optional<FoundFile>(
        FoundFile{path, info->size, info->modified, info->type == io::FileInfo::Type::kDirectory});
  }
  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const override {
    return fs_.Open(path);
  }
  Result<std::string> LocalCopy(const std::string& path) const override { return path; }
  [[nodiscard]] const io::FsReader* Folders() const override { return &fs_; }
  Status ListBelow(const std::string& folder,
                   const std::function<void(const FoundFile&)>& /*take*/) const override {
    return Fail(Code::kInternal, "folders are walked, not listed", folder);
  }

 private:
  const io::FsReader& fs_;
};

}  // namespace

TableFiles::TableFiles(const io::FsReader& fs) : source_(std::make_shared<FolderFiles>(fs)) {}

Result<std::string> TableFiles::ReadFile(const std::string& path, int64_t limit) const {
  SALVOR_TRY(const auto file, source_->Open(path));
  if (file->Size() > limit) return Fail(Code::kInvalidArgument, "the file is too large", path);
  std::string bytes(static_cast<size_t>(file->Size()), '\0');
  SALVOR_TRY(const size_t got, file->ReadAt(0, bytes.data(), bytes.size()));
  bytes.resize(got);
  return bytes;
}

}  // namespace salvor::delta
