#include "delta/parquet/footer_rows.h"

#include <utility>

#include "delta/parquet/footer.h"

namespace salvor::delta {

Result<std::vector<std::optional<int64_t>>> CountAllFooterRows(
    const TableFiles& fs, const std::vector<std::string>& paths) {
  std::vector<std::optional<int64_t>> counts(paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto file = fs->Open(paths[i]);
    if (!file && file.error().code == Code::kNotFound) continue;
    if (!file) return Fail(file.error());
    auto footer = ReadParquetFooter(**file);
    if (!footer) return Fail(std::move(footer.error()).At(paths[i]));
    counts[i] = footer->rows;
  }
  return counts;
}

// One file that is broken, or has no footer, must not hide the counts of the others.
Result<std::vector<std::optional<int64_t>>> CountFooterRows(const TableFiles& fs,
                                                            const std::vector<std::string>& paths) {
  auto counts = CountAllFooterRows(fs, paths);
  if (counts) return counts;
  std::vector<std::optional<int64_t>> each;
  each.reserve(paths.size());
  for (const std::string& path : paths) {
    const auto count = CountAllFooterRows(fs, {path});
    each.push_back(count ? count->front() : std::nullopt);
  }
  return each;
}

}  // namespace salvor::delta
