// The rows that would meet: an old content's against those that its partition has now. Changes
// nothing; each may be called again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_access.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

// Each as the method of TableReader with its name. Relate: kRefused without a private copy.
Result<std::vector<warehouse::Relation>> Relate(const TableAccess& table, const model::Plan& plan,
                                                const std::string& plan_digest,
                                                const std::vector<size_t>& which);
Result<std::vector<model::Compared>> Compare(const TableAccess& table,
                                             const std::vector<warehouse::Wanted>& wanted);

}  // namespace salvor::delta
