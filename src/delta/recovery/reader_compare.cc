#include "delta/recovery/reader_compare.h"

#include <utility>

#include "delta/rows/row_reader.h"
#include "delta/staging/staging.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using model::Fingerprint;
using model::Mode;
using warehouse::Relation;

// Two sets of rows of one partition.
struct Sides {
  model::PartitionKey key;
  RowSet old;
  RowSet present;
};

// Counted by reading: the log's own counts may be wrong or missing.
Result<std::vector<Relation>> Relations(const TableAccess& table, const TableHead& head,
                                        const std::vector<Sides>& all) {
  Rows rows(table.fs, table.duck, head);
  std::vector<RowSet> sets;
  for (const Sides& one : all) {
    sets.push_back(one.old);
    sets.push_back(one.present);
  }
  SALVOR_TRY(const std::vector<Fingerprint> counted, rows.Fingerprints(sets));
  std::vector<Relation> relations;
  for (size_t i = 0; i < all.size(); ++i) {
    Relation relation{.key = all[i].key,
                      .staged_rows = counted[2 * i].rows,
                      .present_rows = counted[2 * i + 1].rows,
                      .common_rows = 0};
    if (relation.staged_rows > 0 && relation.present_rows > 0) {
      SALVOR_TRY(relation.common_rows, rows.CommonRows(all[i].old, all[i].present));
    }
    relations.push_back(std::move(relation));
    table.progress.Tell("comparing rows", static_cast<int64_t>(i + 1),
                        static_cast<int64_t>(all.size()));
  }
  return relations;
}

}  // namespace

Result<std::vector<Relation>> Relate(const TableAccess& table, const model::Plan& plan,
                                     const std::string& plan_digest,
                                     const std::vector<size_t>& which) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const Staged staged, NeedStaging(table.fs, plan, plan_digest, table.log.Root()));
  const auto planned = ToRestore(plan);
  const std::vector<std::vector<AddFile>> copies = StagedAdds(staged.manifest);
  std::vector<model::PartitionKey> keys;
  for (const size_t index : which) keys.push_back(planned.at(index)->key);
  SALVOR_TRY(const Holding now, GatherNow(table.log, keys, AddDetail::kEssential));
  const StagingPlace place(plan, plan_digest);
  std::vector<Sides> all;
  for (size_t i = 0; i < which.size(); ++i) {
    const size_t index = which[i];
    const bool inverts = planned[index]->mode == Mode::kInvert;
    const auto& present = inverts ? staged.manifest.partitions[index].taken_out : now.files[i];
    all.push_back(
        {keys[i], RowsIn(place.Folder(), copies[index]), RowsIn(table.log.Root(), present)});
  }
  return Relations(table, now.head, all);
}

Result<std::vector<model::Compared>> Compare(const TableAccess& table,
                                             const std::vector<warehouse::Wanted>& wanted) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const GatheredBoth gathered, GatherBoth(table.log, wanted, AddDetail::kEssential));
  std::vector<Sides> all;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Content& content = gathered.old.contents[i];
    const auto& present =
        wanted[i].mode == Mode::kInvert ? content.taken_out : gathered.now.files[i];
    all.push_back(
        {wanted[i].key, RowsIn(table.log.Root(), content.adds), RowsIn(table.log.Root(), present)});
  }
  std::vector<model::Compared> compared(wanted.size());
  auto relations = Relations(table, gathered.now.head, all);
  for (size_t i = 0; i < wanted.size(); ++i) {
    // One that cannot be read costs itself alone.
    auto alone = relations ? Result<std::vector<Relation>>(std::vector{(*relations)[i]})
                           : Relations(table, gathered.now.head, {all[i]});
    if (alone) {
      compared[i].relation = alone->front();
    } else {
      compared[i].problem = "its rows cannot be compared: " + alone.error().Message();
    }
  }
  return compared;
}

}  // namespace salvor::delta
