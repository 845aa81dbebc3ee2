#include "delta/recovery/reader_prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "delta/commit/table_files.h"
#include "delta/recovery/applied.h"
#include "delta/rows/row_reader.h"
#include "delta/staging/staging.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using model::Fingerprint;
using model::Mode;
using model::PartitionProof;
using model::PlannedPartition;
using warehouse::Relation;

Result<Staged> NeedStaging(const io::FsReader& fs, const model::Plan& plan,
                           const std::string& plan_digest, const std::string& table_root) {
  SALVOR_TRY(std::optional<Staged> staged,
             LoadStaging(fs, plan, plan_digest, table_root, AddDetail::kEssential));
  if (staged) return std::move(*staged);
  return Fail(Code::kRefused, "there is no private copy to compare with", plan.staging_root,
              "Run salvor persist first");
}

std::vector<const AddFile*> Pointers(const std::vector<AddFile>& files) {
  std::vector<const AddFile*> pointers;
  pointers.reserve(files.size());
  for (const AddFile& file : files) pointers.push_back(&file);
  return pointers;
}

// The staged entries of each planned partition.
std::vector<std::vector<AddFile>> StagedByPartition(const Manifest& manifest) {
  std::vector<std::vector<AddFile>> staged(manifest.partitions.size());
  for (const ManifestPiece& piece : manifest.pieces) {
    staged[piece.partition].push_back(StagedAdd(manifest, piece));
  }
  return staged;
}

using Inodes = std::vector<std::pair<uint64_t, uint64_t>>;  // sorted

Result<Inodes> InodesOf(const io::FsReader& fs, const std::string& root,
                        const std::vector<AddFile>& adds) {
  SourceFiles files(fs, root);
  SALVOR_TRY(const std::vector<std::string> paths, FilesOnDisk(files, adds));
  Inodes inodes;
  for (const std::string& path : paths) {
    SALVOR_TRY(const auto info, fs.Stat(path));
    if (info) inodes.emplace_back(info->device, info->inode);
  }
  std::sort(inodes.begin(), inodes.end());
  return inodes;
}

// One side's files for each planned partition, and whether apply added nothing to it.
struct Restored {
  std::vector<AddFile> files;
  bool skipped = false;
};

Restored RestoredOf(Mode mode, const std::vector<AddFile>& content,
                    const std::vector<AddFile>& taken_out, const std::string& key) {
  std::vector<AddFile> fresh = FreshAmong(content, key);
  const bool skipped = fresh.empty();
  // Compared as a whole where the whole partition must equal the copy; beside later rows, and
  // inside a partition that lived on, only what apply added can.
  const bool whole = mode == Mode::kAdd || mode == Mode::kReplace;
  if (whole || (skipped && mode == Mode::kBeside)) return {content, skipped};
  if (skipped) return {taken_out, true};
  return {std::move(fresh), false};
}

// `counted`: by the files when they were saved, where that was done; else the log's counts must do.
std::string ProblemOf(const PlannedPartition& planned, const PartitionProof& proof,
                      std::optional<int64_t> counted, const std::string& name) {
  if (proof.staged.rows != proof.restored.rows) {
    return fmt::format("partition {}: {} in the table, {} in the private copy", name,
                       Plural(proof.restored.rows, "row"), Plural(proof.staged.rows, "row"));
  }
  if (!(proof.staged == proof.restored)) {
    return fmt::format("partition {}: {} on both sides, but they are not the same rows", name,
                       Plural(proof.staged.rows, "row"));
  }
  if (counted && proof.restored.rows != *counted) {
    return fmt::format("partition {}: {} in the files, but their footers counted {}", name,
                       Plural(proof.restored.rows, "row"), FormatCount(*counted));
  }
  if (!counted && planned.restore.uncounted == 0 && proof.restored.rows != planned.restore.rows) {
    return fmt::format("partition {}: {} in the files, but the table's log counted {}", name,
                       Plural(proof.restored.rows, "row"), FormatCount(planned.restore.rows));
  }
  return {};
}

}  // namespace

Result<std::vector<Relation>> Relate(const TableAccess& table, const model::Plan& plan,
                                     const std::string& plan_digest,
                                     const std::vector<size_t>& which) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const Staged staged, NeedStaging(table.fs, plan, plan_digest, table.log.Root()));
  const auto planned = ToRestore(plan);
  const std::vector<std::vector<AddFile>> copies = StagedByPartition(staged.manifest);
  std::vector<model::PartitionKey> keys;
  for (const size_t index : which) keys.push_back(planned.at(index)->key);
  SALVOR_TRY(const Holding now, GatherNow(table.log, keys, AddDetail::kEssential));
  const StagingPlace place(plan, plan_digest);
  Rows rows(table.fs, table.duck, now.head);
  std::vector<RowSet> sets;
  for (size_t i = 0; i < which.size(); ++i) {
    const size_t index = which[i];
    const bool inverts = planned[index]->mode == Mode::kInvert;
    const auto& present = inverts ? staged.manifest.partitions[index].taken_out : now.files[i];
    sets.push_back({.root = place.Folder(), .files = Pointers(copies[index])});
    sets.push_back({.root = table.log.Root(), .files = Pointers(present)});
  }
  // Counted by reading: the log's own counts may be wrong or missing.
  SALVOR_TRY(const std::vector<Fingerprint> counted, rows.Fingerprints(sets));
  std::vector<Relation> relations;
  for (size_t i = 0; i < which.size(); ++i) {
    Relation relation{.key = keys[i],
                      .staged_rows = counted[2 * i].rows,
                      .present_rows = counted[2 * i + 1].rows,
                      .common_rows = 0};
    if (relation.staged_rows > 0 && relation.present_rows > 0) {
      SALVOR_TRY(relation.common_rows, rows.CommonRows(sets[2 * i], sets[2 * i + 1]));
    }
    relations.push_back(std::move(relation));
    table.progress.Tell("comparing rows", static_cast<int64_t>(i + 1),
                        static_cast<int64_t>(which.size()));
  }
  return relations;
}

Result<std::vector<PartitionProof>> Prove(const TableAccess& table, const model::Plan& plan,
                                          const std::string& plan_digest) {
  SALVOR_TRY(const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const Staged staged, NeedStaging(table.fs, plan, plan_digest, table.log.Root()));
  const std::string key = model::OperationKey(plan_digest, "apply");
  SALVOR_TRY(const std::optional<int64_t> applied, FindVersion(table.log, key));
  // Where apply found every partition whole already, it wrote nothing: then today's table is
  // proven.
  SALVOR_TRY(const std::vector<Holding> holdings,
             GatherAt(table.log, {{applied.value_or(latest)}}, KeysOf(plan)));
  const Holding& version = holdings.front();
  const auto planned = ToRestore(plan);
  const std::vector<std::vector<AddFile>> copies = StagedByPartition(staged.manifest);
  const StagingPlace place(plan, plan_digest);
  std::vector<Restored> restored;
  std::vector<RowSet> sets;
  for (size_t i = 0; i < planned.size(); ++i) {
    restored.push_back(RestoredOf(planned[i]->mode, version.files[i],
                                  staged.manifest.partitions[i].taken_out, key));
  }
  for (size_t i = 0; i < planned.size(); ++i) {
    sets.push_back({.root = place.Folder(), .files = Pointers(copies[i])});
    sets.push_back({.root = table.log.Root(), .files = Pointers(restored[i].files)});
  }
  table.progress.Tell("reading rows", 0, 0);
  Rows rows(table.fs, table.duck, version.head);
  SALVOR_TRY(const std::vector<Fingerprint> prints, rows.Fingerprints(sets));
  const std::vector<std::optional<int64_t>> counted = StagedRows(staged.manifest);
  std::vector<PartitionProof> proofs;
  for (size_t i = 0; i < planned.size(); ++i) {
    PartitionProof proof;
    proof.key = planned[i]->key;
    proof.planned_rows = counted[i].value_or(planned[i]->restore.rows);
    proof.staged = prints[2 * i];
    proof.restored = prints[2 * i + 1];
    proof.skipped = restored[i].skipped;
    SALVOR_TRY(const Inodes copy_inodes, InodesOf(table.fs, place.Folder(), copies[i]));
    SALVOR_TRY(const Inodes inodes, InodesOf(table.fs, table.log.Root(), restored[i].files));
    proof.shared_files = copy_inodes == inodes;
    proof.problem =
        ProblemOf(*planned[i], proof, counted[i], model::FormatKey(plan.columns, planned[i]->key));
    proof.proven = proof.problem.empty();
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

}  // namespace salvor::delta
