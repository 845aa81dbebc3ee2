// CrashingFs: what is not durable yet, and how it is undone.
#include <fmt/format.h>

#include <cassert>
#include <random>
#include <utility>

#include "testing/crashing_fs.h"

namespace salvor::testing {

std::string CrashingFs::RealFolder(const std::string& path) const {
  const std::string folder = io::ParentPath(path);
  return inner_.RealPath(folder).value_or(folder);
}

void CrashingFs::NameMade(const std::string& path, bool is_folder) {
  changes_.push_back(Change{RealFolder(path), path, "", false, is_folder});
}

void CrashingFs::FolderSynced(const std::string& path) {
  std::vector<Change> left;
  for (Change& change : changes_) {
    if (change.folder != path) {
      left.push_back(std::move(change));
    } else {
      Unbury(change.grave);
    }
  }
  changes_ = std::move(left);
}

// What a killed CreateNew leaves: half a file under a temporary name.
void CrashingFs::TearFile(const std::string& path, std::string_view bytes) {
  const std::string temporary =
      io::JoinPath(io::ParentPath(path),
                   fmt::format("{}{}-{}", io::TemporaryPrefixOf(owner_), operations_, graves_++));
  const auto made = inner_.CreateNew(temporary, bytes.substr(0, bytes.size() / 2), 0600);
  if (made && *made) NameMade(temporary, false);
}

std::string CrashingFs::Bury(const std::string& path) {
  std::string grave = io::JoinPath(graveyard_, std::to_string(graves_++));
  const auto linked = inner_.Link(path, grave);
  if (linked && *linked == io::LinkOutcome::kLinked) {
    buried_[grave] = inner_.Lstat(grave).value().value();
    return grave;
  }
  [[maybe_unused]] const auto copied = inner_.CopyNew(path, grave);
  assert(copied && *copied && "a removed file must be kept for the crash");
  return grave;
}

void CrashingFs::Unbury(const std::string& grave) {
  if (grave.empty()) return;
  buried_.erase(grave);
  [[maybe_unused]] const auto removed = inner_.Remove(grave);
  assert(removed);
}

void CrashingFs::LeaveGravesOut(io::FileInfo& info) const {
  for (const auto& [grave, buried] : buried_) {
    if (buried.SameInode(info)) --info.links;
  }
}

void CrashingFs::RemoveTree(const std::string& path) {
  const auto info = inner_.Lstat(path);
  if (!info || !*info) return;
  if ((*info)->type != io::FileInfo::Type::kDirectory) {
    static_cast<void>(inner_.Remove(path));
    return;
  }
  const auto names = inner_.List(path);
  if (names) {
    for (const std::string& name : *names) RemoveTree(io::JoinPath(path, name));
  }
  static_cast<void>(inner_.RemoveDirectory(path));
}

void CrashingFs::Undo(const Change& change) {
  if (!change.removed) {
    RemoveTree(change.path);
  } else if (change.is_folder) {
    static_cast<void>(inner_.MakeDirectory(change.path, change.mode));
  } else {
    // Fails where the folder was lost too: then the name is gone in any case.
    const auto linked = inner_.Link(change.grave, change.path);
    if (linked && *linked == io::LinkOutcome::kOtherDevice) {
      static_cast<void>(inner_.CopyNew(change.grave, change.path));
    }
  }
}

void CrashingFs::LoseUnsynced(Loss loss, uint64_t seed) {
  std::mt19937_64 dice(seed);
  const auto lost = [&] { return loss == Loss::kEverything || dice() % 2 == 0; };
  for (const auto& [path, durable_size] : unsynced_) {
    const auto info = inner_.Lstat(path);
    if (!lost() || !info || !*info) continue;
    auto file = inner_.OpenAppend(path, 0600);
    assert(file && "a file that was being appended to is still open");
    [[maybe_unused]] const Status cut = (*file)->Truncate(durable_size);
    assert(cut);
  }
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (lost()) Undo(*change);
  }
  for (const Change& change : changes_) Unbury(change.grave);
  unsynced_.clear();
  changes_.clear();
}

void CrashingFs::Reboot(Loss loss, uint64_t seed) {
  const std::lock_guard lock(mutex_);
  // After a mere kill the rest is still in the system's memory, and the power may fail later.
  if (loss != Loss::kNothing) LoseUnsynced(loss, seed);
  operations_ = 0;
  crash_at_ = 0;
  crashed_ = false;
  crashed_at_.clear();
}

}  // namespace salvor::testing
