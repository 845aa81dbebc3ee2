#include "delta/table/leftovers.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "delta/log/checkpoint.h"
#include "delta/log/line_reader.h"
#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

// "d=1, d=2, d=3 and 7 more folders"
std::string FolderNames(const std::vector<std::string>& folders) {
  constexpr size_t kMaxListed = 3;
  std::string text;
  for (size_t i = 0; i < folders.size() && i < kMaxListed; ++i)
    text += (i == 0 ? "" : ", ") + (folders[i].empty() ? "the table's own folder" : folders[i]);
  if (folders.size() > kMaxListed)
    text += fmt::format(" and {} more",
                        Plural(static_cast<int64_t>(folders.size() - kMaxListed), "folder"));
  return text;
}

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

// Removed files that are not part of the table now, and that upkeep did not merely rewrite.
struct Tombstones {
  int64_t files = 0;
  int64_t present = 0;
  std::map<std::string, int64_t> folders;

  void Take(std::string_view path, bool data_change, const std::string& root, DiskFiles& disk) {
    const DiskPlace place = PlaceOnDisk(root, path);
    disk.Name(place.key);
    const DiskFiles::File* there = disk.Find(place.key);
    if (!data_change || (there != nullptr && there->live)) return;
    ++files;
    if (there != nullptr) ++present;
    ++folders[FolderOf(path)];
  }
};

// Of a v2 checkpoint's JSON manifest.
Status ReadManifestTombstones(const TableFiles& fs, const std::string& path,
                              const std::string& root, DiskFiles& disk, Tombstones& tombstones) {
  SALVOR_TRY(LineReader lines, LineReader::Open(fs, path));
  while (true) {
    SALVOR_TRY(const std::optional<Line> line, lines.Next());
    if (!line) return Done{};
    if (line->text.find("\"remove\"") == std::string_view::npos) continue;
    auto action = ParseJsonObject(line->text);
    if (!action) return Fail(std::move(action).error().At(lines.Where()));
    const auto object = action->find("remove");
    if (object == action->end() || object->is_null()) continue;
    const auto remove = ParseRemove(std::move(*object));
    if (!remove) return Fail(Error(remove.error()).At(lines.Where()));
    tombstones.Take(remove->path, remove->data_change, root, disk);
  }
}

Status ReadTombstones(Duck& duck, const CheckpointFile& file, const std::string& root,
                      DiskFiles& disk, Tombstones& tombstones) {
  if (!file.columns.contains("remove.path")) return Done{};
  const bool tells = file.columns.contains("remove.dataChange");
  const std::string sql =
      "SELECT CAST(\"remove\".path AS VARCHAR), " +
      std::string(tells ? "coalesce(CAST(\"remove\".dataChange AS BOOLEAN), true)" : "true") +
      " FROM read_parquet(" + file.quoted + ") WHERE \"remove\".path IS NOT NULL";
  return duck.Stream(sql, [&](duckdb_data_chunk chunk) -> Status {
    duckdb_vector paths = duckdb_data_chunk_get_vector(chunk, 0);
    const auto* changes =
        static_cast<const bool*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1)));
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); ++i) {
      tombstones.Take(TextAt(paths, i), changes[i], root, disk);
    }
    return Done{};
  });
}

std::string Tell(const Tombstones& tombstones, int64_t version) {
  std::vector<std::string> folders;
  for (const auto& [folder, count] : tombstones.folders) folders.push_back(folder);
  return fmt::format(
      "the checkpoint of version {} names {} that were removed before it, {} of them still on the "
      "disk: {}. Which version had them, this log no longer tells, and nothing is claimed of them",
      version, Plural(tombstones.files, "file"), FormatCount(tombstones.present),
      FolderNames(folders));
}

std::string Tell(const std::vector<DiskFiles::Unnamed>& unnamed) {
  std::vector<std::string> folders;
  int64_t files = 0;
  int64_t bytes = 0;
  for (const DiskFiles::Unnamed& folder : unnamed) {
    folders.push_back(folder.folder);
    files += folder.files;
    bytes += folder.bytes;
  }
  return fmt::format(
      "{} that this log does not name ({}): {}. A writer that did not finish left them, or the log "
      "was made anew or cleaned; nothing is claimed of them",
      Plural(files, "data file"), FormatBytes(bytes), FolderNames(folders));
}

}  // namespace

Result<std::vector<std::string>> NoteLeftovers(const TableFiles& fs, Duck& duck,
                                               const ReplayPlan& plan, DiskFiles& disk) {
  std::vector<std::string> notes;
  if (plan.segment.base) {
    Tombstones tombstones;
    SALVOR_TRY(const CheckpointReader checkpoint,
               CheckpointReader::Open(fs, duck, plan.log_folder, *plan.segment.base));
    for (const CheckpointFile& file : checkpoint.Files()) {
      if (file.json) {
        SALVOR_OK(ReadManifestTombstones(fs, file.path, plan.table_root, disk, tombstones));
        continue;
      }
      SALVOR_OK(ReadTombstones(duck, file, plan.table_root, disk, tombstones));
    }
    if (tombstones.files > 0) notes.push_back(Tell(tombstones, plan.segment.base->version));
  }
  if (const auto unnamed = disk.UnnamedData(); !unnamed.empty()) notes.push_back(Tell(unnamed));
  return notes;
}

}  // namespace salvor::delta
