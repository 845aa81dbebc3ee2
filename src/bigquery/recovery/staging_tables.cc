#include "bigquery/recovery/staging_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/projection.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/table_state.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

tl::unexpected<Error> Wrong(const CopyName& copy, std::string what) {
  return Fail(Code::kCorrupt, "the private copy is not what it must be: " + std::move(what),
              FormatName(copy.table), "Drop it with clean --abandon, and run persist again");
}

// It is as it must be, but the table is not as it was.
tl::unexpected<Error> OfAnotherTime(const CopyName& copy, const std::string& what,
                                    std::string next) {
  return Fail(Code::kRefused, "the private copy " + what + ", so copy jobs do not take it",
              FormatName(copy.table), std::move(next));
}

Status CheckCopy(const Connection& connection, const Planned& planned, const Table& today,
                 const CopyName& copy, const Table& found) {
  if (!CarriesPlanLabel(found, planned.digest)) {
    return Fail(Code::kConflict, "the name of the private copy is taken by another table",
                FormatName(copy.table), "Move that table away, then run persist again");
  }
  if (!planned.table_is_gone) {
    if (!found.clone_of) return Wrong(copy, "the service does not say what it was cloned from");
    if (found.clone_of->name != connection.table || found.clone_of->at != copy.at) {
      return Wrong(copy, fmt::format("it was cloned from {} as of {}, not as of {}",
                                     FormatName(found.clone_of->name),
                                     FormatInstant(found.clone_of->at), FormatInstant(copy.at)));
    }
    if (!SamePartitions(found.partitioning, today.partitioning)) {
      return OfAnotherTime(copy, "has other partitions than the table has now",
                           "Rows can be saved from it by a person until it expires, by an INSERT "
                           "with column names; salvor takes it away with clean --abandon");
    }
    if (found.clustering != today.clustering) {
      return OfAnotherTime(copy, "is clustered in another way than the table is now",
                           "Cluster the table as it was, or plan anew");
    }
  }
  if (found.partitioning.expiration) {
    return Wrong(copy, "its partitions would expire by themselves");
  }
  if (found.kms_key != today.kms_key) {
    return Fail(Code::kRefused, "the private copy is encrypted with another key than the table",
                FormatName(copy.table), "Give the staging dataset the table's key");
  }
  return Done{};
}

// Every partition of the plan in one of the copies, with as many rows as planned.
Status CheckRows(const Connection& connection, const Planned& planned, size_t index) {
  const model::PlannedPartition& one = *planned.partitions[index];
  const TableName& copy = planned.CopyOf(index);
  if (one.content != ContentDigest(planned.ids[index], one.snapshot.version, one.restore)) {
    return Fail(Code::kStale,
                fmt::format("the plan's content of partition {} is not what the snapshot has",
                            planned.ids[index]),
                FormatName(copy), "Plan anew");
  }
  SALVOR_TRY(const int64_t rows, CountRows(connection, copy, planned.ids[index]));
  if (rows == one.restore.rows || one.restore.uncounted > 0) return Done{};
  return Fail(Code::kStale,
              fmt::format("partition {} has {} in the private copy, and the plan says {}",
                          planned.ids[index].empty() ? "(whole table)" : planned.ids[index],
                          Plural(rows, "row"), FormatCount(one.restore.rows)),
              FormatName(copy), "Plan anew");
}

}  // namespace

Result<std::optional<int64_t>> RowsToComeBack(const Connection& connection, const Planned& planned,
                                              size_t index) {
  const model::Tally& restore = planned.partitions[index]->restore;
  if (restore.uncounted == 0) return std::optional(restore.rows);
  SALVOR_TRY(const auto copy, connection.api.GetTable(planned.CopyOf(index)));
  return copy ? std::optional(copy->rows) : std::nullopt;
}

RowSet RowsOf(const Table& table) { return {table.name, table.fields}; }

const Copy& CopyAt(const std::vector<Copy>& copies, const TableName& name) {
  return *std::find_if(copies.begin(), copies.end(),
                       [&](const Copy& copy) { return copy.name.table == name; });
}

Result<std::optional<std::vector<Copy>>> FindCopies(const Connection& connection,
                                                    const model::Plan& /*plan*/,
                                                    const Planned& planned, const Table& today) {
  std::vector<Copy> copies;
  for (const CopyName& name : planned.copies) {
    SALVOR_TRY(auto found, connection.api.GetTable(name.table));
    if (!found) return std::optional<std::vector<Copy>>();
    SALVOR_OK(CheckCopy(connection, planned, today, name, *found));
    copies.push_back({name, *std::move(found)});
  }
  return std::optional(std::move(copies));
}

Result<std::vector<Copy>> NeedCopies(const Connection& connection, const model::Plan& plan,
                                     const Planned& planned, const Table& today) {
  SALVOR_TRY(auto copies, FindCopies(connection, plan, planned, today));
  if (copies) return *std::move(copies);
  return Fail(Code::kRefused, "there is no private copy", plan.staging_root,
              "Run salvor persist first");
}

Status CheckPlace(const Connection& connection, const model::Plan& plan, const DatasetName& staging,
                  const Table& today) {
  SALVOR_TRY(auto dataset, connection.api.GetDataset(staging));
  const std::string name = FormatName(staging);
  if (!dataset) {
    return Fail(Code::kNotFound, "the staging dataset is not there", name,
                fmt::format("Make it in {}, readable by nobody who may not read the table, without "
                            "default expirations",
                            plan.pins.location));
  }
  if (dataset->location != plan.pins.location) {
    return Fail(Code::kRefused,
                fmt::format("the staging dataset is in {}, the table in {}", dataset->location,
                            plan.pins.location),
                name, "Choose a dataset in the table's location");
  }
  if (dataset->default_table_expiration || dataset->default_partition_expiration) {
    return Fail(Code::kRefused,
                "the staging dataset has a default expiration, which can swallow what is put there",
                name, "Remove the default expiration, or choose another dataset");
  }
  if (dataset->default_kms_key != today.kms_key && !dataset->default_kms_key.empty()) {
    return Fail(Code::kRefused, "the staging dataset uses another encryption key than the table",
                name, "Choose a dataset without a default key, or with the table's");
  }
  return Done{};
}

Status CheckContent(const Connection& connection, const Planned& planned, const Table& today,
                    const std::vector<Copy>& copies) {
  for (const Copy& copy : copies) {
    if (today.fields.empty()) break;  // a deleted table's, which come from the copy
    const SchemaFit fit = FitSchema(copy.table.fields, today.fields);
    if (!fit.refusal.empty()) {
      return Fail(Code::kStale, fit.refusal, FormatName(copy.name.table), fit.next);
    }
    if (fit.same || planned.by_name || planned.table_is_gone) continue;
    return Fail(Code::kStale,
                "the private copy has other columns than the table: " + fit.by_name +
                    ". Copy jobs do not take that",
                FormatName(copy.name.table),
                "Plan anew, with --by-name and another --case folder, before the deadline");
  }
  return ForEach(planned.ids.size(), kRequestsInFlight, [&](size_t index) {
    connection.progress.Tell("counting the private copy", static_cast<int64_t>(index),
                             static_cast<int64_t>(planned.ids.size()));
    return CheckRows(connection, planned, index);
  });
}

}  // namespace salvor::bigquery
