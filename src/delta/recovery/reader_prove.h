// What verify reads. Changes nothing, and may be called again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_access.h"
#include "model/plan.h"
#include "model/proof.h"

namespace salvor::delta {

// As the method of TableReader with its name. kRefused without a private copy.
Result<std::vector<model::PartitionProof>> Prove(const TableAccess& table, const model::Plan& plan,
                                                 const std::string& plan_digest);

}  // namespace salvor::delta
