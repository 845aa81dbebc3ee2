#pragma once

#include "model/plan.h"

namespace salvor::model {

// Whether what the partition held when it was lost is among its contents to choose from, so that
// --latest takes it.
bool NewestCanBeChosen(const PlannedPartition& partition);

}  // namespace salvor::model
