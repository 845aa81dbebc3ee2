#include "delta/rows/file_set.h"

#include <unordered_map>
#include <utility>

namespace salvor::delta {

namespace {

// A log may name files outside of its folder (a shallow clone does): reading
// them shows nothing of them but digests and counts. Whether such files may be
// put back is the writer's to judge.
constexpr bool kAllowOutside = true;

Result<std::string> InodeText(const io::FsReader& fs, const std::string& path) {
  SALVOR_TRY(const auto info, fs.Stat(path));
  if (!info) {
    return Fail(Code::kNotFound, "a file of the table is gone", path,
                "Look whether a VACUUM has taken it");
  }
  return std::to_string(info->device) + ":" + std::to_string(info->inode);
}

// Vectors are one where they are the same bytes of the same inode, or the same
// inline text.
Result<std::string> VectorText(const io::FsReader& fs, const std::string& root,
                               const AddFile& file) {
  if (!file.deletion_vector) return std::string();
  const DeletionVector& vector = *file.deletion_vector;
  if (vector.storage_type == "i") return "/i" + vector.path_or_inline;
  SALVOR_TRY(const std::string path, VectorPath(root, vector, kAllowOutside));
  SALVOR_TRY(const std::string inode, InodeText(fs, path));
  return "/" + inode + "@" + std::to_string(vector.offset.value_or(1)) + "+" +
         std::to_string(vector.size_in_bytes) + "#" + std::to_string(vector.cardinality);
}

}  // namespace

Result<RowReadings> CollectReadings(const io::FsReader& fs, const TableHead& head,
                                    const std::vector<RowSet>& sets) {
  RowReadings readings;
  std::unordered_map<std::string, size_t> known;
  for (const RowSet& set : sets) {
    std::vector<ReadingUse> uses;
    uses.reserve(set.files.size());
    for (const AddFile* file : set.files) {
      SALVOR_TRY(std::string path, LocalPath(set.root, file->path, kAllowOutside));
      SALVOR_TRY(std::string identity, InodeText(fs, path));
      SALVOR_TRY(const std::string vector, VectorText(fs, set.root, *file));
      const auto [place, fresh] = known.emplace(identity + vector, readings.all.size());
      if (fresh) readings.all.push_back({std::move(path), set.root, file});
      uses.push_back({place->second, KeyOf(head, file->partition_values)});
    }
    readings.of_set.push_back(std::move(uses));
  }
  return readings;
}

}  // namespace salvor::delta
