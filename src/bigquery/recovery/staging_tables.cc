#include "bigquery/recovery/staging_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/schema_compatibility.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

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

Status CheckPlace(const OpenedPlan& opened) {
  const DatasetName& staging = opened.planned.staging;
  SALVOR_TRY(auto dataset, opened.connection.api.GetDataset(staging));
  const std::string name = FormatName(staging);
  if (!dataset) {
    return Fail(Code::kNotFound, "the staging dataset is not there", name,
                fmt::format("Make it in {}, readable by nobody who may not read the table, without "
                            "default expirations",
                            opened.plan.pins.location));
  }
  if (dataset->location != opened.plan.pins.location) {
    return Fail(Code::kRefused,
                fmt::format("the staging dataset is in {}, the table in {}", dataset->location,
                            opened.plan.pins.location),
                name, "Choose a dataset in the table's location");
  }
  if (dataset->default_table_expiration || dataset->default_partition_expiration) {
    return Fail(Code::kRefused,
                "the staging dataset has a default expiration, which can swallow what is put there",
                name, "Remove the default expiration, or choose another dataset");
  }
  if (dataset->default_kms_key != opened.today.kms_key && !dataset->default_kms_key.empty()) {
    return Fail(Code::kRefused, "the staging dataset uses another encryption key than the table",
                name, "Choose a dataset without a default key, or with the table's");
  }
  return Done{};
}

Status CheckContent(const OpenedPlan& opened) {
  for (const Copy& copy : opened.copies) {
    if (opened.today.fields.empty()) break;  // a deleted table's, which come from the copy
    const SchemaFit fit = FitSchema(copy.table.fields, opened.today.fields);
    if (!fit.refusal.empty()) {
      return Fail(Code::kStale, fit.refusal, FormatName(copy.name.table), fit.next);
    }
    if (fit.same || opened.planned.by_name || opened.planned.table_is_gone) continue;
    return Fail(Code::kStale,
                "the private copy has other columns than the table: " + fit.by_name +
                    ". Copy jobs do not take that",
                FormatName(copy.name.table),
                "Plan anew, with --by-name and another --case folder, before the deadline");
  }
  return ForEach(opened.planned.ids.size(), kRequestsInFlight, [&](size_t index) {
    opened.connection.progress.Tell("counting the private copy", static_cast<int64_t>(index),
                                    static_cast<int64_t>(opened.planned.ids.size()));
    return CheckRows(opened.connection, opened.planned, index);
  });
}

}  // namespace salvor::bigquery
