// What of a table is no longer as a plan knows it.
#pragma once

#include <string>
#include <vector>

#include "model/plan.h"

namespace salvor::model {

enum class StatePart { kIdentity, kSchema, kLayout, kConstraints, kProtocol };

// The parts that differ, in the order above; nothing if the table is as it was. The version and the
// content of the planned partitions are not compared.
std::vector<StatePart> DifferencesOf(const Plan& plan, const std::string& table_id,
                                     const TableState& today);

}  // namespace salvor::model
