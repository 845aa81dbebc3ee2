#include "delta/log_footers.h"

#include "delta/rows.h"

namespace salvor::delta {

// One file that is broken, or has no footer, must not hide the counts of the others.
Result<std::vector<std::optional<int64_t>>> CountFooterRows(const io::FsReader& fs,
                                                            const std::vector<std::string>& paths) {
  auto counts = Rows::CountFromFooters(fs, paths);
  if (counts) return counts;
  std::vector<std::optional<int64_t>> each;
  each.reserve(paths.size());
  for (const std::string& path : paths) {
    const auto count = Rows::CountFromFooters(fs, {path});
    each.push_back(count ? count->front() : std::nullopt);
  }
  return each;
}

}  // namespace salvor::delta
