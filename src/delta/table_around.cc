#include "delta/table_around.h"

namespace salvor::delta {

Result<std::string> TableAround(const io::FsReader& fs, const std::string& path) {
  std::string folder = path;
  for (auto real = fs.RealPath(folder);; real = fs.RealPath(folder)) {
    if (real) {
      folder = *std::move(real);
      break;
    }
    if (real.error().code != Code::kNotFound) return Fail(std::move(real).error());
    const std::string parent = io::ParentPath(folder);
    if (parent == folder) return std::string();
    folder = parent;
  }
  while (true) {
    SALVOR_TRY(const auto log, fs.Stat(io::JoinPath(folder, "_delta_log")));
    if (log && log->type == io::FileInfo::Type::kDirectory) return folder;
    const std::string parent = io::ParentPath(folder);
    if (parent == folder) return std::string();
    folder = parent;
  }
}

}  // namespace salvor::delta
