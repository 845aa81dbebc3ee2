#include "bigquery/recovery/transaction_cost.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/sql/apply_transaction.h"

namespace salvor::bigquery {
namespace {

using Ids = std::vector<std::string>;

template <typename Partition>
Ids IdsOf(const std::vector<Partition>& partitions) {
  Ids ids;
  for (const auto& partition : partitions) ids.push_back(partition.id);
  return ids;
}

Ids Join(Ids ids, const Ids& more) {
  ids.insert(ids.end(), more.begin(), more.end());
  return ids;
}

// Adds up the readings of one transaction.
class Bill {
 public:
  Bill(const OpenedPlan& opened, PartitionFilter filter)
      : opened_(opened), filter_(std::move(filter)), present_(RowsOf(opened.today)) {}

  [[nodiscard]] const RowSet& Present() const { return present_; }
  [[nodiscard]] int64_t Total() const { return total_; }

  // Bytes of these partitions' rows, in all columns that the table has today.
  Result<int64_t> Rows(const RowSet& rows, const Ids& ids) const {
    SALVOR_TRY(const std::string sql, RowsStatement(rows, present_.fields, filter_, ids));
    return Estimate(sql);
  }
  // ... of what names their partitions alone.
  Result<int64_t> Keys(const RowSet& rows, const Ids& ids) const {
    SALVOR_TRY(const std::string sql, CountStatement(rows.table, filter_, ids));
    return Estimate(sql);
  }

  // One statement, by the bytes that it reads of each table.
  void Add(const std::vector<int64_t>& tables) { total_ += BillOfStatement(tables); }
  void AddBill(int64_t bytes) { total_ += bytes; }

  // What these partitions have on both sides.
  Result<std::optional<PartsBytes>> Parts(const RowSet& staged, const Ids& ids,
                                          bool is_empty) const {
    if (ids.empty()) return std::optional<PartsBytes>();
    PartsBytes parts;
    SALVOR_TRY(parts.staged, Rows(staged, ids));
    SALVOR_TRY(parts.keys, Keys(is_empty ? staged : present_, ids));
    if (is_empty) return std::optional(parts);
    SALVOR_TRY(parts.present, Rows(present_, ids));
    return std::optional(parts);
  }

 private:
  [[nodiscard]] Result<int64_t> Estimate(const std::string& sql) const {
    return EstimateBytes(opened_.connection.api, opened_.connection.clock, sql,
                         {.project = opened_.plan.pins.job_project,
                          .location = opened_.plan.pins.location,
                          .max_bytes_billed = 0,
                          .parameters = {}});
  }

  const OpenedPlan& opened_;
  PartitionFilter filter_;
  RowSet present_;
  int64_t total_ = 0;
};

Result<GroupBytes> BytesOf(const Bill& bill, const Group& group) {
  GroupBytes bytes;
  SALVOR_TRY(bytes.fill, bill.Parts(group.staged, IdsOf(group.fill), /*is_empty=*/true));
  SALVOR_TRY(bytes.replace, bill.Parts(group.staged, IdsOf(group.replace), /*is_empty=*/false));
  SALVOR_TRY(bytes.beside, bill.Parts(group.staged, IdsOf(group.beside), /*is_empty=*/false));
  return bytes;
}

// What UndoScript asserts of one group before it changes anything.
Status AddUntouched(Bill& bill, const Group& group, const RowSet* before) {
  const Ids whole = Join(IdsOf(group.fill), IdsOf(group.replace));
  const Ids beside = IdsOf(group.beside);
  if (!whole.empty()) {
    SALVOR_TRY(const int64_t staged, bill.Rows(group.staged, whole));
    SALVOR_TRY(const int64_t present, bill.Rows(bill.Present(), whole));
    bill.Add({staged, present});
  }
  if (!beside.empty() && before != nullptr) {
    SALVOR_TRY(const int64_t staged, bill.Rows(group.staged, beside));
    SALVOR_TRY(const int64_t had, bill.Rows(*before, beside));
    SALVOR_TRY(const int64_t present, bill.Rows(bill.Present(), beside));
    bill.Add({staged, had, present});
  }
  return Done{};
}

// The rest of UndoScript: it takes all out and puts back what was there before.
Status AddTakingOut(Bill& bill, const std::vector<Group>& groups, const RowSet* before) {
  Ids filled;
  Ids had_rows;
  for (const Group& group : groups) {
    filled = Join(std::move(filled), IdsOf(group.fill));
    had_rows = Join(std::move(had_rows), Join(IdsOf(group.replace), IdsOf(group.beside)));
  }
  const Ids all = Join(filled, had_rows);
  SALVOR_TRY(const int64_t present, bill.Rows(bill.Present(), all));
  SALVOR_TRY(const int64_t keys, bill.Keys(bill.Present(), all));
  bill.Add({keys + present});  // DELETE
  if (!had_rows.empty() && before != nullptr) {
    SALVOR_TRY(const int64_t had, bill.Rows(*before, had_rows));
    bill.Add({had});
    bill.Add({had, had});
  }
  if (!filled.empty()) bill.Add({0});
  return Done{};
}

}  // namespace

Result<int64_t> CostOfApply(const OpenedPlan& opened, const std::vector<size_t>& which) {
  if (which.empty()) return 0;
  SALVOR_TRY(PartitionFilter filter, FilterOf(opened.planned, opened.today));
  Bill bill(opened, std::move(filter));
  for (const Group& group : GroupsOf(opened.planned, opened.copies, which)) {
    SALVOR_TRY(const GroupBytes bytes, BytesOf(bill, group));
    bill.AddBill(BillOfWriting(bytes));
  }
  return bill.Total();
}

Result<int64_t> CostOfUndo(const OpenedPlan& opened, const std::vector<size_t>& which) {
  if (which.empty()) return 0;
  SALVOR_TRY(PartitionFilter filter, FilterOf(opened.planned, opened.today));
  Bill bill(opened, std::move(filter));
  const std::vector<Group> groups = GroupsOf(opened.planned, opened.copies, which);
  const bool has_before = opened.planned.Before() != nullptr;
  const RowSet before =
      has_before ? RowsOf(CopyAt(opened.copies, *opened.planned.Before()).table) : RowSet{};
  for (const Group& group : groups) {
    SALVOR_OK(AddUntouched(bill, group, has_before ? &before : nullptr));
  }
  SALVOR_OK(AddTakingOut(bill, groups, has_before ? &before : nullptr));
  return bill.Total();
}

Result<int64_t> CostOfComparing(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(PartitionFilter filter, FilterOf(opened.planned, opened.today));
  Bill bill(opened, std::move(filter));
  for (const Group& group : GroupsOf(opened.planned, opened.copies, which)) {
    const Ids ids = Join(IdsOf(group.replace), IdsOf(group.beside));
    if (ids.empty()) continue;
    SALVOR_TRY(const int64_t staged, bill.Rows(group.staged, ids));
    SALVOR_TRY(const int64_t present, bill.Rows(bill.Present(), ids));
    bill.Add({staged, present});
  }
  return bill.Total();
}

Status CheckAllowed(const Connection& connection, int64_t bytes) {
  if (bytes <= connection.max_bytes_billed) return Done{};
  return Fail(
      Code::kRefused,
      fmt::format("the query that writes may be billed {}, and --max-bytes-billed allows {}",
                  FormatBytes(bytes), FormatBytes(connection.max_bytes_billed)),
      UriOf(connection.table),
      fmt::format("Nothing was written or charged. Allow at least --max-bytes-billed {}", bytes));
}

}  // namespace salvor::bigquery
