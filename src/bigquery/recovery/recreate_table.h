// A deleted table made again by the statement that also fills it (query_jobs.h), from its private
// copy: what is made, and whether a table that is there by now may be filled.
#pragma once

#include <optional>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/opened_plan.h"
#include "model/plan.h"

namespace salvor::bigquery {

// What is to be made: the plan's definition, with the private copy's columns where it names none.
Result<Table> TableToMake(const model::Plan& plan, const TableName& name, const Table& copy);

// The same for a plan of a deleted table whose private copy may be gone: nothing then, if the
// definition names no columns.
Result<std::optional<Table>> DefinedTable(const Connection& connection, const model::Plan& plan);

// Puts the table that is to be made into `opened`, whose copies are there. kUnsupported if the copy
// has lost what only the partitions knew, the time of ingestion; kRefused if the table is there
// with an expiration that would take rows away; CheckFillable's errors.
Status OpenTableToMake(OpenedPlan& opened);

// Whether the table, made by an earlier run or by somebody else, may be filled: kStale if it is not
// as defined, kRefused if something is in the way (row-access policies, a stream). Its rows are the
// caller's business.
Status CheckFillable(const Connection& connection, const Table& table,
                     const std::optional<Table>& defined);

}  // namespace salvor::bigquery
