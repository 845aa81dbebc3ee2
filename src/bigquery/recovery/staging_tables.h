// The private copies of a plan, found and checked. Changes nothing.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {

struct Copy {
  CopyName name;
  Table table;
};
// The rows of a copy that is not there yet, for texts about it (bq_script.h).
inline constexpr int64_t kNotCounted = -1;

// Every copy, each checked: made by this plan (label), of this table at that instant (what the
// service says that it was cloned from), with the table's partitions and clusters, and without an
// expiry of partitions. Nothing if one of them is not there. kConflict if a name is taken by
// something else, kCorrupt if a copy is not what it must be.
Result<std::optional<std::vector<Copy>>> FindCopies(const Connection& connection,
                                                    const model::Plan& plan, const Planned& planned,
                                                    const Table& today);
// The copies, or kRefused: run persist first.
Result<std::vector<Copy>> NeedCopies(const Connection& connection, const model::Plan& plan,
                                     const Planned& planned, const Table& today);
const Copy& CopyAt(const std::vector<Copy>& copies, const TableName& name);

RowSet RowsOf(const Table& table);

// How many rows of partition `index` come back: as planned, or, where nobody could count them when
// the plan was made (a deleted table), as many as the private copy has. Nothing without a copy.
Result<std::optional<int64_t>> RowsToComeBack(const Connection& connection, const Planned& planned,
                                              size_t index);

// Where staging is: there, in the plan's location, without a default expiration that would swallow
// what is put there, and under the same key as the source. kNotFound, kRefused.
Status CheckPlace(const Connection& connection, const model::Plan& plan, const DatasetName& staging,
                  const Table& today);

// Do the copies hold what the plan says? Each planned partition has exactly the planned rows
// (counted from metadata, which is free), and the columns can go back into the table. kStale for
// other rows, kUnsupported for columns.
Status CheckContent(const Connection& connection, const Planned& planned, const Table& today,
                    const std::vector<Copy>& copies);

}  // namespace salvor::bigquery
