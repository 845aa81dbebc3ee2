// What is there, and what may come back. Changes nothing; each may be called again.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/table/table_access.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

// Each as the method of TableReader: Look, VersionAsOf, Examine, Refusals (opens no data file, and
// looks for none), LookAgain.
Result<model::Inventory> ReadInventory(const TableAccess& table,
                                       const warehouse::LookRequest& request);
Result<model::SnapshotRef> VersionAsOf(const TableAccess& table, Instant instant);
Result<warehouse::Examination> Examine(const TableAccess& table,
                                       const std::vector<warehouse::Wanted>& wanted);
Result<std::vector<std::string>> Refusals(const TableAccess& table,
                                          const std::vector<warehouse::Wanted>& wanted);
Result<warehouse::Present> ReadPresent(const TableAccess& table, const model::Plan& plan);

}  // namespace salvor::delta
