#include "demo/lake.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <vector>

#include "delta/duckdb/database.h"
#include "demo/commit_text.h"
#include "demo/rows.h"

namespace salvor::demo {
namespace {

using delta::Duck;
using delta::QuoteIdentifier;
using delta::QuoteLiteral;

constexpr uint32_t kFolderMode = 0755;
constexpr uint32_t kFileMode = 0644;
// DuckDB keeps a buffer for each partition of a statement, and opens no more than a hundred files:
// with more days at a time it needs several times the memory and the time (measured).
constexpr int64_t kDaysAtATime = 150;
constexpr int64_t kMemory = int64_t{512} << 20U;
// A file is finished a little before the commit that names it.
constexpr Millis kBeforeCommit{2'300};

Status RefuseWhatIsInUse(const io::Fs& fs, const std::string& folder) {
  SALVOR_TRY(const auto info, fs.Stat(folder));
  if (!info) return Done{};
  if (info->type != io::FileInfo::Type::kDirectory) {
    return Fail(Code::kRefused, "the demo needs a folder of its own, and this is none", folder,
                "Name another one");
  }
  SALVOR_TRY(const auto names, fs.List(folder));
  if (names.empty()) return Done{};
  return Fail(Code::kRefused, "the demo needs a folder of its own, and this one is not empty",
              folder, "Name another one, or remove it");
}

// The folder of the table, made with all above it.
Result<std::string> MakeFolders(io::Fs& fs, const std::string& folder) {
  std::string path = folder;
  SALVOR_OK(fs.MakeDirectory(path, kFolderMode));
  for (const char* name : {"lake", "contextual_services_derived", "event_aggregates_v1"}) {
    path = io::JoinPath(path, name);
    SALVOR_OK(fs.MakeDirectory(path, kFolderMode));
  }
  SALVOR_OK(fs.MakeDirectory(io::JoinPath(path, "_delta_log"), kFolderMode));
  return path;
}

std::string StatsQuery() {
  const std::string day = QuoteIdentifier(Columns().front().name);
  std::string query = fmt::format("SELECT {0} - DATE '1970-01-01', count(*)", day);
  for (const Column& column : Columns().subspan(1)) {
    const std::string name = QuoteIdentifier(column.name);
    query += fmt::format(
        ", count(*) - count({0}), CAST(min({0}) AS VARCHAR), CAST(max({0}) AS VARCHAR)", name);
  }
  return query + fmt::format(" FROM batch GROUP BY {0} ORDER BY {0}", day);
}

int64_t NumberIn(const std::optional<std::string>& cell) {
  return cell ? std::strtoll(cell->c_str(), nullptr, 10) : 0;
}

// The file that DuckDB has written for the day that a row of StatsQuery tells of.
Result<DayFile> FileOfDay(const io::Fs& fs, const std::string& table, Duck::Row cells) {
  DayFile file;
  file.day = NumberIn(cells[0]);
  file.rows = NumberIn(cells[1]);
  for (size_t i = 2; i + 2 < cells.size(); i += 3) {
    file.columns.push_back({NumberIn(cells[i]), std::move(cells[i + 1]), std::move(cells[i + 2])});
  }
  const std::string folder =
      fmt::format("{}={}", Columns().front().name, FormatDay(file.day));  // nothing to escape
  SALVOR_TRY(const auto entries, fs.ListEntries(io::JoinPath(table, folder)));
  if (entries.size() != 1) {
    return Fail(Code::kInternal, "DuckDB has not written one file for the day",
                io::JoinPath(table, folder));
  }
  file.path = io::JoinPath(folder, entries.front().name);
  file.size = entries.front().info.size;
  return file;
}

Status WriteBatch(const io::Fs& fs, Duck& duck, const std::string& table, const Days& days,
                  std::vector<DayFile>& files) {
  SALVOR_OK(duck.Run("CREATE OR REPLACE TEMP TABLE batch AS " + RowsQuery(days.first, days.last)));
  SALVOR_OK(
      duck.Run(fmt::format("COPY batch TO {} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY "
                           "({}), FILENAME_PATTERN 'part-0000{{i}}', OVERWRITE_OR_IGNORE)",
                           QuoteLiteral(table), QuoteIdentifier(Columns().front().name))));
  SALVOR_TRY(auto stats, duck.Rows(StatsQuery()));
  for (Duck::Row& cells : stats) {
    SALVOR_TRY(DayFile file, FileOfDay(fs, table, std::move(cells)));
    files.push_back(std::move(file));
  }
  return Done{};
}

// One file for each of the days, in order.
Result<std::vector<DayFile>> WriteRows(const io::Fs& fs, const std::string& table,
                                       const Days& days) {
  // One thread: two of them would write two files for a day.
  Duck duck({.memory_limit_bytes = kMemory, .threads = 1});
  SALVOR_TRY(const std::string absolute, fs.RealPath(table));
  std::vector<DayFile> files;
  for (int64_t first = days.first; first <= days.last; first += kDaysAtATime) {
    const Days batch{first, std::min(days.last, first + kDaysAtATime - 1)};
    SALVOR_OK(WriteBatch(fs, duck, absolute, batch, files));
  }
  return files;
}

Status WriteCommit(io::Fs& fs, const std::string& table, int64_t version,
                   const Happening& happening, std::span<DayFile> files) {
  if (!happening.Empties()) {
    for (DayFile& file : files) {
      file.modified = happening.at - kBeforeCommit;
      SALVOR_OK(fs.SetModified(io::JoinPath(table, file.path), file.modified));
    }
  }
  const std::string path = io::JoinPath(table, fmt::format("_delta_log/{:020}.json", version));
  SALVOR_TRY(const bool created,
             fs.CreateNew(path, CommitText(happening, files, version == 0), kFileMode));
  if (!created) {
    return Fail(Code::kConflict, "somebody else writes into the demo's folder", path);
  }
  return fs.SetModified(path, happening.at);
}

}  // namespace

Result<Lake> BuildLake(io::Fs& fs, Instant now, const std::string& folder) {
  SALVOR_OK(RefuseWhatIsInUse(fs, folder));
  Lake lake;
  SALVOR_TRY(lake.history, PlanHistory(now));
  SALVOR_TRY(lake.table, MakeFolders(fs, folder));
  const Days& written = lake.history.written;
  SALVOR_TRY(std::vector<DayFile> files, WriteRows(fs, lake.table, written));
  if (static_cast<int64_t>(files.size()) != written.Count()) {
    return Fail(Code::kInternal, "DuckDB has not written every day", lake.table);
  }
  for (const DayFile& file : files) lake.rows += file.rows;
  int64_t version = 0;
  for (const Happening& happening : lake.history.happenings) {
    const auto touched =
        std::span(files).subspan(static_cast<size_t>(happening.days.first - written.first),
                                 static_cast<size_t>(happening.days.Count()));
    SALVOR_OK(WriteCommit(fs, lake.table, version++, happening, touched));
    if (!happening.Empties()) continue;
    lake.lost_days += happening.days.Count();
    for (const DayFile& file : touched) lake.lost_rows += file.rows;
  }
  return lake;
}

}  // namespace salvor::demo
