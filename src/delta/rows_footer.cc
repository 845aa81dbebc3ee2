// Counting rows without reading them.
#include "delta/parquet_footer.h"
#include "delta/rows.h"

namespace salvor::delta {

Result<std::vector<std::optional<int64_t>>> Rows::CountFromFooters(
    const io::FsReader& fs, const std::vector<std::string>& paths) {
  std::vector<std::optional<int64_t>> counts(paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto file = fs.Open(paths[i]);
    if (!file && file.error().code == Code::kNotFound) continue;
    if (!file) return Fail(file.error());
    auto footer = ReadParquetFooter(**file);
    if (!footer) return Fail(std::move(footer.error()).At(paths[i]));
    counts[i] = footer->rows;
  }
  return counts;
}

}  // namespace salvor::delta
