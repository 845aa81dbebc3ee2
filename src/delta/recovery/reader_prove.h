// Rows against rows. Changes nothing; each may be called again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_access.h"
#include "model/plan.h"
#include "model/proof.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

// Each as the method of TableReader with its name. kRefused without a private copy.
Result<std::vector<warehouse::Relation>> Relate(const TableAccess& table, const model::Plan& plan,
                                                const std::string& plan_digest,
                                                const std::vector<size_t>& which);
Result<std::vector<model::PartitionProof>> Prove(const TableAccess& table, const model::Plan& plan,
                                                 const std::string& plan_digest);

}  // namespace salvor::delta
