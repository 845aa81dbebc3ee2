#include "delta/table/linked_twins.h"

#include <fmt/format.h>

namespace salvor::delta {

void LinkedTwins::Expect(const std::string& log_path, const io::FileInfo& info) {
  expected_[{info.device, info.inode}].insert(log_path);
  sizes_.insert(info.size);
}

void LinkedTwins::ExpectRemoved(const std::vector<AddFile>& files) {
  for (const AddFile& file : files) removed_.insert(file.Key());
}

Status LinkedTwins::Find(const io::FsReader& fs, Log& log, const LiveFiles& live) {
  if (expected_.empty()) return Done{};
  SALVOR_TRY(const std::vector<AddFile> candidates, log.LiveOfSizes(live, sizes_));
  for (const AddFile& file : candidates) {
    if (removed_.contains(file.Key())) continue;
    const auto path = LocalPath(log.Root(), file.path, true);
    if (!path) continue;  // on another file system
    SALVOR_TRY(const auto info, fs.Stat(*path));
    if (!info) continue;
    const auto same = expected_.find({info->device, info->inode});
    if (same == expected_.end()) continue;
    for (const std::string& expected : same->second) twins_.emplace(expected, file.path);
  }
  return Done{};
}

std::string LinkedTwins::RefusalOf(const std::string& log_path) const {
  const auto twin = twins_.find(log_path);
  if (twin == twins_.end()) return {};
  return fmt::format(
      "the file {} is the same file on the disk as {}, which is read now: its rows would be there "
      "twice",
      log_path, twin->second);
}

std::string FirstRefusal(const LinkedTwins& twins, const std::vector<AddFile>& adds) {
  for (const AddFile& add : adds) {
    std::string refusal = twins.RefusalOf(add.path);
    if (!refusal.empty()) return refusal;
  }
  return {};
}

}  // namespace salvor::delta
