// What became of an operation, and of the partitions that it touched. Changes nothing; each may be
// called again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_access.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

// Each as the method of TableReader with its name.
Result<std::optional<warehouse::AppliedState>> FindOperation(const TableAccess& table,
                                                             const model::Plan& plan,
                                                             const std::string& plan_digest,
                                                             const std::string& step);
Result<std::vector<std::string>> ChangesSince(const TableAccess& table, const model::Plan& plan,
                                              int64_t version);

}  // namespace salvor::delta
