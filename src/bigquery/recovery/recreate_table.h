// A deleted table made again, empty, so that its private copy can be put into it. Every step may be
// done again after a kill or a lost reply: the table is made if it is not there, and one that is
// there is looked at, whoever made it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"
#include "model/plan.h"

namespace salvor::bigquery {

// What is to be made: the plan's definition, with the private copy's columns where it names none.
Result<Table> TableToMake(const model::Plan& plan, const TableName& name, const Table& copy);

// The same for a plan of a deleted table whose private copy may be gone: nothing then, if the
// definition names no columns.
Result<std::optional<Table>> DefinedTable(const Connection& connection, const model::Plan& plan);

// Why no copy job can fill it: "" where the private copy has the same partitions, clusters and
// columns. kUnsupported if the copy has lost what only the partitions knew, the time of ingestion.
Result<std::string> WhyQuery(const Table& to_make, const Table& copy);

// True if it is filled by a query. kRefused where it must be, and the plan announced none
// (--by-name): a query costs, and nobody chose it.
Result<bool> FillsByQuery(const Planned& planned, const Table& to_make, const Table& copy);

// Makes the table with the plan's label, or looks at the one that is there: kStale if it is not as
// defined, kRefused if something of it would take rows away (its expirations, where somebody else
// made it; row-access policies; a stream). Its rows are the caller's business.
Result<Table> RecreateTable(const Connection& connection, const std::string& plan_digest,
                            const Table& to_make);

// Takes the plan's label off again, once the table is filled.
Status FinishRecreate(const Connection& connection, const std::string& plan_digest);

// kRefused if a table that was made again cannot be filled.
Status CheckFillable(const Connection& connection, const Table& table);

}  // namespace salvor::bigquery
