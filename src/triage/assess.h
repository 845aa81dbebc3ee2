// From what an engine saw to how each partition is: pure, no I/O.
#pragma once

#include "model/finding.h"
#include "model/inventory.h"

namespace salvor::triage {

// What is expected: every partition that lived in the window. (A calendar, where there is one, will
// say more.) Judged by files, counts and metadata, never by rows: a count alone cannot tell
// `changed`.
//
// An emptying looks like expiry if its event took exactly the oldest partitions and at least two
// other events in the window did so too, or if the engine knows that the table's own expiration was
// due for all that it took.
model::Assessment Assess(const model::Inventory& inventory);

// Counts the findings anew, after evidence was added to them.
void Recount(const model::Inventory& inventory, model::Assessment& assessment);

}  // namespace salvor::triage
