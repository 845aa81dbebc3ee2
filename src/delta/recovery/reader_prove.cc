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
#include "delta/staging/replaced_rows.h"
#include "delta/staging/staging.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using model::Fingerprint;
using model::Mode;
using model::PartitionProof;
using model::PlannedPartition;

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
  const bool whole = mode == Mode::kAdd || model::Replaces(mode);
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

// The rows that made room: what was saved of them, against what the table had right before apply.
class ReplacedProver {
 public:
  ReplacedProver(const TableAccess& table, const model::Plan& plan, const std::string& plan_digest,
                 std::vector<PartitionProof>& proofs)
      : table_(table), plan_(plan), digest_(plan_digest), proofs_(proofs) {}

  Status Prove(int64_t applied, const TableHead& head) {
    const auto replaced = ReplacedBy(plan_, digest_);
    if (!replaced) return Done{};
    SALVOR_TRY(const Staged staged,
               NeedStaging(table_.fs, replaced->plan, replaced->digest, table_.log.Root()));
    const std::vector<std::vector<AddFile>> saved = StagedAdds(staged.manifest);
    SALVOR_TRY(const std::vector<std::vector<AddFile>> had,
               FilesBefore(applied, KeysOf(replaced->plan)));
    const StagingPlace place(replaced->plan, replaced->digest);
    std::vector<RowSet> sets;
    for (size_t i = 0; i < saved.size(); ++i) {
      sets.push_back(RowsIn(place.Folder(), saved[i]));
      sets.push_back(RowsIn(table_.log.Root(), had[i]));
    }
    Rows rows(table_.fs, table_.duck, head);
    SALVOR_TRY(const std::vector<Fingerprint> prints, rows.Fingerprints(sets));
    for (size_t i = 0; i < saved.size(); ++i) {
      PartitionProof& proof = proofs_.at(replaced->of[i]);
      if (proof.skipped) continue;
      proof.replaced = model::ReplacedProof{prints[2 * i], {}};
      if (!had[i].empty()) proof.replaced->had = prints[2 * i + 1];
      if (!proof.problem.empty()) continue;
      proof.problem = ProblemOfReplaced(replaced->plan.partitions[i].restore, *proof.replaced,
                                        model::FormatKey(plan_.columns, proof.key));
      proof.proven = proof.problem.empty();
    }
    return Done{};
  }

 private:
  // What the partitions had; nothing of one of which a file is gone, or where the log no longer
  // tells.
  Result<std::vector<std::vector<AddFile>>> FilesBefore(
      int64_t applied, const std::vector<model::PartitionKey>& keys) {
    std::vector<std::vector<AddFile>> files(keys.size());
    auto before = GatherAt(table_.log, {{applied - 1}}, keys);
    if (!before) return files;
    files = std::move(before->front().files);
    SourceFiles sources(table_.fs, table_.log.Root());
    for (std::vector<AddFile>& one : files) {
      SALVOR_TRY(const std::vector<std::string> paths, FilesOnDisk(sources, one));
      for (const std::string& path : paths) {
        SALVOR_TRY(const auto info, table_.fs.Stat(path));
        if (info) continue;
        one.clear();
        break;
      }
    }
    return files;
  }

  static std::string ProblemOfReplaced(const model::Tally& planned,
                                       const model::ReplacedProof& proof, const std::string& name) {
    if (proof.had && !(proof.saved == *proof.had)) {
      return fmt::format(
          "partition {}: of the rows that made room the private copy has {}, the table had {}, and "
          "they are not the same rows",
          name, FormatCount(proof.saved.rows), FormatCount(proof.had->rows));
    }
    if (!proof.had && planned.uncounted == 0 && proof.saved.rows != planned.rows) {
      return fmt::format("partition {}: the private copy has {} of the {} that made room", name,
                         FormatCount(proof.saved.rows), Plural(planned.rows, "row"));
    }
    return {};
  }

  const TableAccess& table_;
  const model::Plan& plan_;
  const std::string& digest_;
  std::vector<PartitionProof>& proofs_;
};

}  // namespace

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
  const std::vector<std::vector<AddFile>> copies = StagedAdds(staged.manifest);
  const StagingPlace place(plan, plan_digest);
  std::vector<Restored> restored;
  std::vector<RowSet> sets;
  for (size_t i = 0; i < planned.size(); ++i) {
    restored.push_back(RestoredOf(planned[i]->mode, version.files[i],
                                  staged.manifest.partitions[i].taken_out, key));
  }
  for (size_t i = 0; i < planned.size(); ++i) {
    sets.push_back(RowsIn(place.Folder(), copies[i]));
    sets.push_back(RowsIn(table.log.Root(), restored[i].files));
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
  if (applied) {
    SALVOR_OK(ReplacedProver(table, plan, plan_digest, proofs).Prove(*applied, version.head));
  }
  return proofs;
}

}  // namespace salvor::delta
