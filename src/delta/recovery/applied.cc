#include "delta/recovery/applied.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "delta/commit/commit_file.h"
#include "delta/commit/fresh_name.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

// One commit's doing to the files that are watched, by logical file.
class Watch {
 public:
  Watch(const TableHead& head, const std::vector<AddFile>& files) : head_(head) {
    for (const AddFile& file : files) live_.emplace(KeyOfAdd(file), ValuesOf(file));
  }

  void Take(const Commit& commit, Fate& fate) {
    bool lost = false;
    std::set<Values> rewritten;
    for (const RemoveFile& file : commit.removes) {
      const auto at = live_.find(KeyOfRemove(file));
      if (at == live_.end()) continue;
      if (file.data_change) {
        lost = true;
      } else {
        rewritten.insert(at->second);
      }
      live_.erase(at);
    }
    if (lost) fate.lost.push_back(DescribeCommit(commit));
    if (rewritten.empty()) return;
    fate.rewritten.push_back(DescribeCommit(commit) + ": the same rows in other files");
    // The rows are somewhere in what it wrote to the same partitions.
    for (const AddFile& file : commit.adds) {
      Values values = ValuesOf(file);
      if (rewritten.count(values) != 0) live_.emplace(KeyOfAdd(file), std::move(values));
    }
  }

 private:
  using Values = std::vector<std::optional<std::string>>;
  [[nodiscard]] Values ValuesOf(const AddFile& file) const {
    return KeyOf(head_, file.partition_values).values;
  }

  const TableHead& head_;
  std::unordered_map<FileKey, Values, ByLowerHalf> live_;
};

}  // namespace

Result<std::optional<int64_t>> FindVersion(Log& log, const std::string& operation_key) {
  SALVOR_TRY(const std::optional<Txn> txn, log.FindTxn(TxnAppId(operation_key)));
  if (!txn) return std::nullopt;
  return txn->version;
}

std::vector<AddFile> FreshAmong(const std::vector<AddFile>& files,
                                const std::string& operation_key) {
  std::vector<AddFile> fresh;
  for (const AddFile& file : files) {
    if (IsFreshPath(file.path, operation_key)) fresh.push_back(file);
  }
  return fresh;
}

std::vector<AddFile> FreshAmong(std::vector<AddFile>&& files, const std::string& operation_key) {
  std::erase_if(files, [&](const AddFile& file) { return !IsFreshPath(file.path, operation_key); });
  return std::move(files);
}

AddFile FreshAdd(const Manifest& manifest, size_t piece, const std::string& operation_key) {
  const ManifestPiece& old = manifest.pieces.at(piece);
  std::optional<Uuid> uuid;
  if (old.vector) uuid = DerivedUuid(operation_key, *old.vector);
  return Relocated(TrueAdd(old), FreshPath(old.add.path, operation_key, piece), uuid);
}

std::string TakeFreshEntry(Manifest& manifest, size_t piece, const std::string& operation_key) {
  std::string entry = FreshAdd(manifest, piece, operation_key).raw;
  manifest.pieces.at(piece).add.raw = std::string();
  return entry;
}

Result<std::vector<std::string>> FilesOnDisk(SourceFiles& files, const std::vector<AddFile>& adds) {
  std::vector<std::string> paths;
  std::set<std::string> vectors;
  for (const AddFile& add : adds) {
    SALVOR_TRY(std::string path, files.Locate(add.path));
    paths.push_back(std::move(path));
    if (!add.deletion_vector || add.deletion_vector->storage_type == "i") continue;
    SALVOR_TRY(std::string vector, files.LocateVector(*add.deletion_vector));
    if (vectors.insert(vector).second) paths.push_back(std::move(vector));
  }
  return paths;
}

Placement::OriginOf OriginsIn(const StagingPlace& place, const Manifest& manifest,
                              SourceFiles& files) {
  return [&](size_t number) -> Result<Origin> {
    if (number >= manifest.pieces.size()) {
      const StagedVector& vector = manifest.vectors.at(number - manifest.pieces.size());
      return Origin{place.File(vector.file.name), vector.original};
    }
    const ManifestPiece& piece = manifest.pieces[number];
    SALVOR_TRY(std::string original, files.Locate(piece.add.path));
    return Origin{place.File(piece.file.name), std::move(original)};
  };
}

Status PlanPlacing(const Manifest& manifest, const std::vector<size_t>& pieces,
                   const std::string& operation_key, SourceFiles& files, Placement& placement) {
  std::set<size_t> vectors;
  for (const size_t index : pieces) {
    const ManifestPiece& piece = manifest.pieces.at(index);
    const AddFile fresh = FreshAdd(manifest, index, operation_key);
    Placing data{.target = {},
                 .origin = index,
                 .size = piece.file.size,
                 .mode = piece.file.mode,
                 .gid = piece.file.gid,
                 .apart = piece.file.apart};
    SALVOR_TRY(data.target, files.Locate(fresh.path));
    placement.Add(std::move(data));
    if (!piece.vector || !vectors.insert(*piece.vector).second) continue;
    const StagedVector& vector = manifest.vectors.at(*piece.vector);
    Placing placing{.target = {},
                    .origin = manifest.pieces.size() + *piece.vector,
                    .size = vector.file.size,
                    .mode = vector.file.mode,
                    .gid = vector.file.gid,
                    .apart = vector.file.apart};
    SALVOR_TRY(placing.target, files.LocateVector(*fresh.deletion_vector));
    placement.Add(std::move(placing));
  }
  return Done{};
}

Result<Fate> FollowFiles(Log& log, int64_t version, const std::vector<AddFile>& files) {
  Fate fate;
  SALVOR_TRY(const TableHead head, log.HeadAt(log.Latest()));
  Watch watch(head, files);
  for (int64_t next = version + 1; next <= log.Latest(); ++next) {
    SALVOR_TRY(const Commit commit, log.ReadCommit(next, AddDetail::kEssential));
    watch.Take(commit, fate);
  }
  fate.live = fate.lost.empty();
  return fate;
}

}  // namespace salvor::delta
