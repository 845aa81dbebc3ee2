#include "io/fs.h"

#include <cassert>

namespace salvor::io {

Status Fs::SyncDirectories(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) SALVOR_OK(SyncDirectory(path));
  return Done{};
}

std::string TemporaryPrefixOf(std::string_view owner) {
  std::string prefix(kTemporaryPrefix);
  if (!owner.empty()) prefix.append(owner).append("-");
  return prefix;
}

void RemoveTemporaries(Fs& fs, const std::string& folder, std::string_view owner) {
  assert(!owner.empty() && "those of everybody are nobody's to remove");
  const auto names = fs.List(folder);
  if (!names) return;
  const std::string prefix = TemporaryPrefixOf(owner);
  bool removed = false;
  for (const std::string& name : *names) {
    if (name.starts_with(prefix)) removed = fs.Remove(JoinPath(folder, name)).value_or(false);
  }
  if (removed) static_cast<void>(fs.SyncDirectory(folder));
}

}  // namespace salvor::io
