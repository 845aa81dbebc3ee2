#include "delta/log_footers.h"

#include <charconv>
#include <unordered_map>

#include "delta/duck_path.h"

namespace salvor::delta {
namespace {

constexpr size_t kFilesAtOnce = 500;

using Counts = std::unordered_map<std::string, int64_t>;

Status CountSome(Duck& duck, const std::vector<std::string>& paths, Counts& counts) {
  std::string list;
  for (const std::string& path : paths) list += (list.empty() ? "[" : ", ") + QuotePath(path);
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck.Rows("SELECT file_name, num_rows FROM parquet_file_metadata(" + list + "])"));
  for (const Duck::Row& row : rows) {
    if (!row[0] || !row[1]) continue;
    int64_t count = 0;
    const auto [end, error] =
        std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), count);
    if (error == std::errc() && count >= 0) counts[*row[0]] = count;
  }
  return Done{};
}

// One broken file fails a whole statement: then each is asked by itself.
void CountEach(Duck& duck, const std::vector<std::string>& paths, Counts& counts) {
  if (paths.empty() || CountSome(duck, paths, counts)) return;
  for (const std::string& path : paths) static_cast<void>(CountSome(duck, {path}, counts));
}

}  // namespace

Result<std::vector<std::optional<int64_t>>> CountFooterRows(const io::FsReader& fs, Duck& duck,
                                                            const std::vector<std::string>& paths) {
  Counts counts;
  std::vector<std::string> present;
  for (const std::string& path : paths) {
    const auto info = fs.Stat(path);
    if (!info || !*info || (*info)->type != io::FileInfo::Type::kFile) continue;
    present.push_back(path);
    if (present.size() < kFilesAtOnce) continue;
    CountEach(duck, present, counts);
    present.clear();
  }
  CountEach(duck, present, counts);
  std::vector<std::optional<int64_t>> result;
  result.reserve(paths.size());
  for (const std::string& path : paths) {
    const auto found = counts.find(path);
    result.push_back(found == counts.end() ? std::nullopt : std::optional(found->second));
  }
  return result;
}

}  // namespace salvor::delta
