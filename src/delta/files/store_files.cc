#include "delta/files/store_files.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "io/memory_file.h"

namespace salvor::delta {
namespace {

using objects::ObjectInfo;

// Commits are small. What is larger is read by ranges.
constexpr int64_t kSmall = int64_t{1} << 20U;
constexpr int64_t kKept = int64_t{64} << 20U;
constexpr int64_t kRange = int64_t{32} << 20U;

Error Changed(const std::string& path) {
  return {Code::kConflict, "the object changed while it was read", path, "Run again"};
}

Result<std::string> ReadRange(objects::StoreReader& store, const ObjectInfo& info,
                              const std::string& path, objects::Range range) {
  SALVOR_TRY(auto got, store.Get({info.key, info.etag}, range));
  if (got) return std::move(got->bytes);
  if (got.error() == objects::Gone::kChanged) return Fail(Changed(path));
  return Fail(Code::kNotFound, "the object is gone", path);
}

class StoreFile final : public io::RandomAccessFile {
 public:
  StoreFile(objects::StoreReader& store, ObjectInfo info, std::string path,
            std::shared_ptr<const std::string> whole)
      : store_(store), info_(std::move(info)), path_(std::move(path)), whole_(std::move(whole)) {}

  [[nodiscard]] io::FileInfo Info() const override {
    io::FileInfo info;
    info.size = info_.size;
    info.modified = info_.modified;
    return info;
  }
  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) const override {
    if (size == 0 || offset >= info_.size) return size_t{0};
    size = static_cast<size_t>(std::min(static_cast<int64_t>(size), info_.size - offset));
    if (whole_ != nullptr) {
      std::memcpy(buffer, whole_->data() + offset, size);
      return size;
    }
    SALVOR_TRY(const std::string bytes,
               ReadRange(store_, info_, path_, {offset, static_cast<int64_t>(size)}));
    std::memcpy(buffer, bytes.data(), bytes.size());
    return bytes.size();
  }

 private:
  objects::StoreReader& store_;
  const ObjectInfo info_;
  const std::string path_;
  const std::shared_ptr<const std::string> whole_;
};

class StoreFiles final : public FileSource {
 public:
  StoreFiles(objects::StoreReader& store, objects::Address address)
      : store_(store), address_(std::move(address)) {}

  Result<std::vector<FoundFile>> List(const std::string& folder) const override {
    SALVOR_TRY(const std::string prefix, PrefixOf(folder));
    std::vector<FoundFile> found;
    objects::ListRequest request{prefix};
    request.delimiter = "/";
    const Status listed = ForEachPage(request, [&](const objects::Page& page) {
      for (const ObjectInfo& info : page.objects) {
        found.push_back({info.key.substr(prefix.size()), info.size, info.modified, false});
        Know(info);
      }
      for (const std::string& cut : page.cut) {
        const std::string name = cut.substr(prefix.size(), cut.size() - prefix.size() - 1);
        found.push_back({name, 0, {}, true});
      }
    });
    SALVOR_OK(listed);
    if (found.empty()) return Fail(Code::kNotFound, "nothing lies there", folder);
    std::sort(found.begin(), found.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.name < b.name; });
    return found;
  }

  Result<std::optional<FoundFile>> Find(const std::string& path) const override {
    SALVOR_TRY(const auto info, InfoOf(path));
    if (!info) return std::optional<FoundFile>();
    return std::optional<FoundFile>(FoundFile{path, info->size, info->modified, false});
  }

  Result<std::unique_ptr<io::RandomAccessFile>> Open(const std::string& path) const override {
    SALVOR_TRY(const auto info, InfoOf(path));
    if (!info) return Fail(Code::kNotFound, "there is no such object", path);
    std::shared_ptr<const std::string> whole;
    if (info->size <= kSmall) {
      SALVOR_TRY(whole, ReadWhole(*info, path));
    }
    return std::make_unique<StoreFile>(store_, *info, path, std::move(whole));
  }

  Result<std::string> LocalCopy(const std::string& path) const override {
    SALVOR_TRY(const auto info, InfoOf(path));
    if (!info) return Fail(Code::kNotFound, "there is no such object", path);
    const std::lock_guard lock(copies_mutex_);
    const auto known = copies_.find({info->key, info->etag});
    if (known != copies_.end()) return known->second->Path();
    SALVOR_TRY(auto copy, io::MakeMemoryFile());
    for (int64_t at = 0; at < info->size; at += kRange) {
      SALVOR_TRY(const std::string bytes,
                 ReadRange(store_, *info, path, {at, std::min(kRange, info->size - at)}));
      SALVOR_OK(copy->Append(bytes));
    }
    return copies_.emplace(std::pair(info->key, info->etag), std::move(copy)).first->second->Path();
  }

  [[nodiscard]] const io::FsReader* Folders() const override { return nullptr; }

  Status ListBelow(const std::string& folder,
                   const std::function<void(const FoundFile&)>& take) const override {
    SALVOR_TRY(const std::string prefix, PrefixOf(folder));
    return ForEachPage({prefix}, [&](const objects::Page& page) {
      for (const ObjectInfo& info : page.objects)
        take({info.key.substr(prefix.size()), info.size, info.modified, false});
    });
  }

 private:
  Result<std::string> KeyOf(const std::string& path) const {
    const std::string begin = objects::Address{address_.scheme, address_.bucket, {}}.Text() + "/";
    if (path.starts_with(begin)) return path.substr(begin.size());
    return Fail(Code::kNotFound, "it lies outside the table's bucket", path);
  }
  Result<std::string> PrefixOf(const std::string& folder) const {
    if (folder == objects::Address{address_.scheme, address_.bucket, {}}.Text())
      return std::string();
    SALVOR_TRY(const std::string key, KeyOf(folder));
    return key.ends_with('/') ? key : key + "/";
  }

  Status ForEachPage(const objects::ListRequest& request,
                     const std::function<void(const objects::Page&)>& take) const {
    SALVOR_TRY(objects::Page page, store_.List(request));
    while (true) {
      take(page);
      if (page.next.empty()) return Done{};
      SALVOR_TRY(page, store_.NextPage(request, page.next));
    }
  }

  void Know(const ObjectInfo& info) const {
    const std::lock_guard lock(mutex_);
    known_[info.key] = info;
  }

  // As the last listing told it, else asked.
  Result<std::optional<ObjectInfo>> InfoOf(const std::string& path) const {
    SALVOR_TRY(const std::string key, KeyOf(path));
    {
      const std::lock_guard lock(mutex_);
      if (const auto known = known_.find(key); known != known_.end())
        return std::optional(known->second);
    }
    SALVOR_TRY(const auto details, store_.Head(key, {}));
    if (!details) return std::optional<ObjectInfo>();
    return std::optional(details->info);
  }

  Result<std::shared_ptr<const std::string>> ReadWhole(const ObjectInfo& info,
                                                       const std::string& path) const {
    const std::pair id(info.key, info.etag);
    {
      const std::lock_guard lock(mutex_);
      if (const auto kept = kept_.find(id); kept != kept_.end()) return kept->second;
    }
    std::string bytes;
    if (info.size > 0) {
      SALVOR_TRY(bytes, ReadRange(store_, info, path, {0, info.size}));
    }
    if (static_cast<int64_t>(bytes.size()) != info.size) return Fail(Changed(path));
    auto whole = std::make_shared<const std::string>(std::move(bytes));
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + info.size <= kKept && kept_.emplace(id, whole).second)
      kept_bytes_ += info.size;
    return whole;
  }

  objects::StoreReader& store_;
  const objects::Address address_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, ObjectInfo> known_;  // of listed folders, by key
  mutable std::map<std::pair<std::string, std::string>, std::shared_ptr<const std::string>> kept_;
  mutable int64_t kept_bytes_ = 0;
  mutable std::mutex copies_mutex_;
  mutable std::map<std::pair<std::string, std::string>, std::unique_ptr<io::MemoryFile>> copies_;
};

}  // namespace

std::shared_ptr<const FileSource> MakeStoreFiles(objects::StoreReader& store,
                                                 objects::Address address) {
  return std::make_shared<StoreFiles>(store, std::move(address));
}

}  // namespace salvor::delta
