// The private copies of a plan: where they lie, and whether they hold what the plan says. Changes
// nothing.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {

RowSet RowsOf(const Table& table);

// How many rows of partition `index` come back: as planned, or, where nobody could count them when
// the plan was made (a deleted table), as many as the private copy has. Nothing without a copy.
Result<std::optional<int64_t>> RowsToComeBack(const Connection& connection, const Planned& planned,
                                              size_t index);

// Where staging is: there, in the plan's location, without a default expiration that would swallow
// what is put there, and under the same key as the source. kNotFound, kRefused.
Status CheckPlace(const OpenedPlan& opened);

// Do the copies hold what the plan says? Each planned partition has exactly the planned rows
// (counted from metadata, which is free), and the columns can go back into the table. kStale for
// other rows, kUnsupported for columns.
Status CheckContent(const OpenedPlan& opened);

}  // namespace salvor::bigquery
