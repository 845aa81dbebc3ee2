// Which partitions a person means by `--partitions`.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"
#include "model/partition.h"

namespace salvor::triage {

// Each text is either a list "A..B,C" (both ends included; tables with one
// date, time or integer column; of times a day stands for all of its hours), or one JSON object
// such as {"day":"2024-01-02","country":null}. The answer holds partitions of the inventory only,
// in its order. kInvalidArgument where a text does not parse, a single value or object names no
// partition of the inventory, or a range holds none.
Result<std::vector<model::PartitionKey>> SelectPartitions(const model::Inventory& inventory,
                                                          const std::vector<std::string>& texts);

}  // namespace salvor::triage
