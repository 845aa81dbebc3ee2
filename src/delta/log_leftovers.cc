#include "delta/log_leftovers.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/text.h"
#include "delta/log_checkpoint.h"

namespace salvor::delta {
namespace {

// "d=1, d=2, d=3 and 7 more folders"
std::string FolderNames(const std::vector<std::string>& folders) {
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < folders.size() && i < kMost; ++i)
    text += (i == 0 ? "" : ", ") + (folders[i].empty() ? "the table's own folder" : folders[i]);
  if (folders.size() > kMost)
    text +=
        fmt::format(" and {} more", Plural(static_cast<int64_t>(folders.size() - kMost), "folder"));
  return text;
}

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

// Removed files that are no part of the table now, and that an upkeep did not merely rewrite.
struct Tombstones {
  int64_t files = 0;
  int64_t present = 0;
  std::map<std::string, int64_t> folders;
};

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
      const std::string_view path = TextAt(paths, i);
      const DiskPlace place = PlaceOnDisk(root, path);
      disk.Name(place.key);
      const DiskFiles::File* there = disk.Find(place.key);
      if (!changes[i] || (there != nullptr && there->live)) continue;
      ++tombstones.files;
      if (there != nullptr) ++tombstones.present;
      ++tombstones.folders[FolderOf(path)];
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

Result<std::vector<std::string>> NoteLeftovers(const io::FsReader& fs, Duck& duck,
                                               const ReplayPlan& plan, DiskFiles& disk) {
  std::vector<std::string> notes;
  if (plan.route.base) {
    Tombstones tombstones;
    SALVOR_TRY(const CheckpointReader checkpoint,
               CheckpointReader::Open(fs, duck, plan.log_folder, *plan.route.base));
    for (const CheckpointFile& file : checkpoint.Files()) {
      if (file.json) continue;
      SALVOR_OK(ReadTombstones(duck, file, plan.table_root, disk, tombstones));
    }
    if (tombstones.files > 0) notes.push_back(Tell(tombstones, plan.route.base->version));
  }
  if (const auto unnamed = disk.UnnamedData(); !unnamed.empty()) notes.push_back(Tell(unnamed));
  return notes;
}

}  // namespace salvor::delta
