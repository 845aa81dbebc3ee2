#include "io/fs.h"

namespace salvor::io {

Status Fs::SyncDirectories(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) SALVOR_OK(SyncDirectory(path));
  return Done{};
}

}  // namespace salvor::io
