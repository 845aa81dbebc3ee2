// What identifies a partition's content in a plan: metadata only, so that a plan costs nothing.
// Rows are compared elsewhere, exactly.
#pragma once

#include <cstdint>
#include <string>

#include "model/inventory.h"

namespace salvor::bigquery {

// Of what comes back: PlannedPartition::content.
std::string ContentDigest(const std::string& id, int64_t snapshot, const model::Tally& tally);
// Of what is there now: PlannedPartition::present; "" without rows.
std::string PresentDigest(const std::string& id, const model::Tally& tally);

}  // namespace salvor::bigquery
