// Counting rows without reading them.

#include <charconv>
#include <unordered_map>

#include "delta/rows.h"

namespace salvor::delta {

namespace {

// One statement's list of files: long enough that statements cost nothing, short enough for their
// text.
constexpr size_t kBatch = 5000;

using Counts = std::vector<std::optional<int64_t>>;

// The places of `paths`, from `begin`, whose files are there.
Result<std::vector<size_t>> PresentOf(const io::FsReader& fs, const std::vector<std::string>& paths,
                                      size_t begin, size_t end) {
  std::vector<size_t> present;
  for (size_t i = begin; i < end; ++i) {
    SALVOR_TRY(const auto info, fs.Stat(paths[i]));
    if (info) present.push_back(i);
  }
  return present;
}

Status CountBatch(Duck& duck, const std::vector<std::string>& paths,
                  const std::vector<size_t>& places, Counts& counts) {
  std::vector<std::string> batch;
  std::unordered_multimap<std::string_view, size_t> places_of;
  for (const size_t place : places) {
    batch.push_back(paths[place]);
    places_of.emplace(paths[place], place);
  }
  SALVOR_TRY(const std::string files, QuoteFiles(batch));
  SALVOR_TRY(const auto rows,
             duck.Rows("SELECT file_name, num_rows FROM parquet_file_metadata(" + files + ")"));
  for (const auto& row : rows) {
    int64_t count = -1;
    const std::string text = row[1].value_or("");
    std::from_chars(text.data(), text.data() + text.size(), count);
    if (!row[0] || count < 0) {
      return Fail(Code::kCorrupt, "a Parquet footer counts " + text + " rows", row[0].value_or(""));
    }
    const auto [first, last] = places_of.equal_range(*row[0]);
    for (auto found = first; found != last; ++found) counts[found->second] = count;
  }
  return Done{};
}

}  // namespace

Result<Counts> Rows::CountFromFooters(const io::FsReader& fs, Duck& duck,
                                      const std::vector<std::string>& paths) {
  Counts counts(paths.size());
  for (size_t begin = 0; begin < paths.size(); begin += kBatch) {
    const size_t end = std::min(paths.size(), begin + kBatch);
    Status counted = Done{};
    // A file that vanishes between the look and the reading is looked for once more.
    for (int attempt = 0; attempt < 2; ++attempt) {
      SALVOR_TRY(const std::vector<size_t> present, PresentOf(fs, paths, begin, end));
      if (present.empty()) {
        counted = Done{};
        break;
      }
      counted = CountBatch(duck, paths, present, counts);
      if (counted || counted.error().code != Code::kNotFound) break;
    }
    SALVOR_OK(counted);
  }
  return counts;
}

}  // namespace salvor::delta
