// What was taken out of the planned partitions after the snapshots that they come back from:
// perhaps a lawful deletion, which the plan would undo. Pure, no I/O.
#pragma once

#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/inventory.h"
#include "model/plan.h"

namespace salvor::triage {

// A line each, by version; many of one writer and operation together, and those that nobody
// explains together. `plan` is whole but for its warnings. The event that a partition's plan names
// is what is undone, and salvor's own are no deletions: they are left out. With `known_are_named`
// the engine's warnings name those whose writers are known, and they are left out too.
//
// Exact where the inventory has Event::changes; an event without them counts whole if nobody
// explains it, and else not.
std::vector<std::string> LaterRemovals(const model::Inventory& inventory, const model::Plan& plan,
                                       const model::EngineWords& words, bool known_are_named);

}  // namespace salvor::triage
