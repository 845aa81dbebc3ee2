#include "delta/table/linked_twins.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "delta/table/partition_files.h"

namespace salvor::delta {

void LinkedTwins::Expect(const std::string& log_path, const io::FileInfo& info) {
  expected_.push_back({info.device, info.inode, log_path});
  sizes_.insert(info.size);
}

void LinkedTwins::ExpectRemoved(const std::vector<AddFile>& files) {
  for (const AddFile& file : files) removed_.insert(KeyOfAdd(file));
}

Status LinkedTwins::Find(const io::FsReader& fs, Log& log, const LiveFiles& live) {
  if (expected_.empty()) return Done{};
  SALVOR_TRY(const std::vector<AddFile> candidates, log.LiveOfSizes(live, sizes_));
  const auto by_inode = [](const Expected& a, const Expected& b) {
    return std::tie(a.device, a.inode) < std::tie(b.device, b.inode);
  };
  std::sort(expected_.begin(), expected_.end(), by_inode);
  for (const AddFile& file : candidates) {
    if (removed_.contains(KeyOfAdd(file))) continue;
    const auto path = LocalPath(log.Root(), file.path, true);
    if (!path) continue;  // on another file system
    SALVOR_TRY(const auto info, fs.Stat(*path));
    if (!info) continue;
    const Expected one{info->device, info->inode, {}};
    auto same = std::lower_bound(expected_.begin(), expected_.end(), one, by_inode);
    for (; same != expected_.end() && !by_inode(one, *same); ++same)
      twins_.emplace(same->log_path, file.path);
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
