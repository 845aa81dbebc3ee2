#include "testing/crashing_fs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace salvor::testing {

std::string_view MomentName(Moment moment) {
  switch (moment) {
    case Moment::kBefore:
      return "before";
    case Moment::kDuring:
      return "during";
    case Moment::kAfter:
      return "after";
  }
  return "";
}

// Counts one operation, does it unless this is the moment to crash, and crashes if it is.
template <typename Act, typename Tear>
auto CrashingFs::Operate(Call call, const std::string& path, Act act, Tear tear)
    -> decltype(act()) {
  const std::lock_guard lock(mutex_);
  if (crashed_) return Refusal();
  ++operations_;
  if (operations_ != crash_at_) return act();
  if (moment_ == Moment::kDuring) tear();
  if (moment_ == Moment::kAfter) static_cast<void>(act());
  crashed_ = true;
  crashed_at_ =
      fmt::format("operation {}, {} {} {}", operations_, MomentName(moment_), CallName(call), path);
  return Refusal();
}

template <typename Act>
auto CrashingFs::Operate(Call call, const std::string& path, Act act) -> decltype(act()) {
  return Operate(call, path, act, [&] { static_cast<void>(act()); });
}

class CrashingFs::AppendingFile final : public io::AppendFile {
 public:
  AppendingFile(CrashingFs& fs, std::unique_ptr<io::AppendFile> inner, std::string path,
                int64_t size)
      : fs_(fs), inner_(std::move(inner)), path_(std::move(path)), size_(size) {}

  Status Append(std::string_view bytes) override {
    return fs_.Operate(
        Call::kAppend, path_, [&] { return Write(bytes); },
        [&] { static_cast<void>(Write(bytes.substr(0, bytes.size() / 2))); });
  }
  Status Sync() override {
    return fs_.Operate(Call::kSync, path_, [&]() -> Status {
      SALVOR_OK(inner_->Sync());
      fs_.unsynced_.erase(path_);
      return Done{};
    });
  }
  Status Truncate(int64_t size) override {
    return fs_.Operate(Call::kTruncate, path_, [&]() -> Status {
      SALVOR_OK(inner_->Truncate(size));
      size_ = size;
      const auto unsynced = fs_.unsynced_.find(path_);
      if (unsynced != fs_.unsynced_.end()) unsynced->second = std::min(unsynced->second, size);
      return Done{};
    });
  }

 private:
  Status Write(std::string_view bytes) {
    fs_.unsynced_.try_emplace(path_, size_);
    SALVOR_OK(inner_->Append(bytes));
    size_ += static_cast<int64_t>(bytes.size());
    return Done{};
  }

  CrashingFs& fs_;
  std::unique_ptr<io::AppendFile> inner_;
  std::string path_;
  int64_t size_;
};

CrashingFs::CrashingFs(io::Fs& inner, std::string graveyard)
    : InterceptingFs(inner), graveyard_(std::move(graveyard)) {
  const auto made = inner_.MakeDirectory(graveyard_, 0700);
  assert(made && "the graveyard's parent must exist");
}

CrashingFs::~CrashingFs() { RemoveTree(graveyard_); }

void CrashingFs::CrashAt(int64_t operation, Moment moment) {
  const std::lock_guard lock(mutex_);
  crash_at_ = operation;
  moment_ = moment;
}

int64_t CrashingFs::Operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

bool CrashingFs::Crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

std::string CrashingFs::CrashedAt() const {
  const std::lock_guard lock(mutex_);
  return crashed_at_;
}

tl::unexpected<Error> CrashingFs::Refusal() const {
  return Fail(Code::kUnavailable, "the machine has crashed, by order of the test");
}

// For the calls that change nothing; the others go through Operate.
Status CrashingFs::Before(Call, const std::string&) const {
  const std::lock_guard lock(mutex_);
  if (crashed_) return Refusal();
  return Done{};
}

Result<std::optional<io::FileInfo>> CrashingFs::Stat(const std::string& path) const {
  SALVOR_TRY(auto info, InterceptingFs::Stat(path));
  const std::lock_guard lock(mutex_);
  if (info) LeaveGravesOut(*info);
  return info;
}

Result<std::optional<io::FileInfo>> CrashingFs::Lstat(const std::string& path) const {
  SALVOR_TRY(auto info, InterceptingFs::Lstat(path));
  const std::lock_guard lock(mutex_);
  if (info) LeaveGravesOut(*info);
  return info;
}

Result<std::vector<io::FsReader::Entry>> CrashingFs::ListEntries(
    const std::string& directory) const {
  SALVOR_TRY(auto entries, InterceptingFs::ListEntries(directory));
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries) LeaveGravesOut(entry.info);
  return entries;
}

void CrashingFs::NameTemporaries(std::string_view owner) {
  InterceptingFs::NameTemporaries(owner);
  const std::lock_guard lock(mutex_);
  owner_ = owner;
}

Result<bool> CrashingFs::MakeDirectory(const std::string& path, uint32_t mode) {
  return Operate(Call::kMakeDirectory, path, [&] {
    auto made = inner_.MakeDirectory(path, mode);
    if (made && *made) NameMade(path, true);
    return made;
  });
}

Result<bool> CrashingFs::CreateNew(const std::string& path, std::string_view bytes, uint32_t mode) {
  return Operate(
      Call::kCreateNew, path,
      [&] {
        auto made = inner_.CreateNew(path, bytes, mode);
        if (made && *made) NameMade(path, false);
        return made;
      },
      [&] { TearFile(path, bytes); });
}

Status CrashingFs::Replace(const std::string& path, std::string_view bytes, uint32_t mode) {
  return Operate(
      Call::kReplace, path,
      [&] {
        auto replaced = inner_.Replace(path, bytes, mode);
        if (replaced) FolderSynced(RealFolder(path));
        return replaced;
      },
      [&] { TearFile(path, bytes); });
}

Result<io::LinkOutcome> CrashingFs::Link(const std::string& from, const std::string& to) {
  return Operate(Call::kLink, to, [&] {
    auto linked = inner_.Link(from, to);
    if (linked && *linked == io::LinkOutcome::kLinked) NameMade(to, false);
    return linked;
  });
}

Result<bool> CrashingFs::CopyNew(const std::string& from, const std::string& to) {
  return Operate(
      Call::kCopyNew, to,
      [&] {
        auto made = inner_.CopyNew(from, to);
        if (made && *made) NameMade(to, false);
        return made;
      },
      [&] {
        constexpr int64_t kMost = int64_t{1} << 30U;
        TearFile(to, inner_.ReadFile(from, kMost).value_or(""));
      });
}

Result<io::LinkOutcome> CrashingFs::Link(const io::RandomAccessFile& from, const std::string& to) {
  return Operate(Call::kLink, to, [&] {
    auto linked = inner_.Link(Inner(from), to);
    if (linked && *linked == io::LinkOutcome::kLinked) NameMade(to, false);
    return linked;
  });
}

Result<bool> CrashingFs::CopyNew(const io::RandomAccessFile& from, const std::string& to) {
  return Operate(
      Call::kCopyNew, to,
      [&] {
        auto made = inner_.CopyNew(Inner(from), to);
        if (made && *made) NameMade(to, false);
        return made;
      },
      [&] {
        std::string bytes(static_cast<size_t>(from.Size()), '\0');
        bytes.resize(Inner(from).ReadAt(0, bytes.data(), bytes.size()).value_or(0));
        TearFile(to, bytes);
      });
}

Status CrashingFs::SetModified(const std::string& path, Instant instant) {
  return Operate(Call::kSetModified, path, [&] { return inner_.SetModified(path, instant); });
}

Status CrashingFs::SyncDirectory(const std::string& path) {
  return Operate(Call::kSyncDirectory, path, [&] {
    auto synced = inner_.SyncDirectory(path);
    if (synced) FolderSynced(inner_.RealPath(path).value_or(path));
    return synced;
  });
}

Result<bool> CrashingFs::Remove(const std::string& path) {
  return Operate(Call::kRemove, path, [&]() -> Result<bool> {
    SALVOR_TRY(const auto info, inner_.Lstat(path));
    const bool is_file = info && info->type != io::FileInfo::Type::kDirectory;
    const std::string grave = is_file ? Bury(path) : "";
    SALVOR_TRY(const bool removed, inner_.Remove(path));
    if (removed) changes_.push_back(Change{RealFolder(path), path, grave, true});
    return removed;
  });
}

Result<bool> CrashingFs::RemoveDirectory(const std::string& path) {
  return Operate(Call::kRemoveDirectory, path, [&]() -> Result<bool> {
    SALVOR_TRY(const auto info, inner_.Lstat(path));
    SALVOR_TRY(const bool removed, inner_.RemoveDirectory(path));
    if (removed) changes_.push_back(Change{RealFolder(path), path, "", true, true, info->mode});
    return removed;
  });
}

Result<std::unique_ptr<io::AppendFile>> CrashingFs::OpenAppend(const std::string& path,
                                                               uint32_t mode) {
  return Operate(Call::kOpenAppend, path, [&]() -> Result<std::unique_ptr<io::AppendFile>> {
    SALVOR_TRY(const auto before, inner_.Lstat(path));
    SALVOR_TRY(auto file, inner_.OpenAppend(path, mode));
    if (!before) NameMade(path, false);
    const int64_t size = before ? before->size : 0;
    return std::unique_ptr<io::AppendFile>(
        std::make_unique<AppendingFile>(*this, std::move(file), path, size));
  });
}

}  // namespace salvor::testing
