// Has the table moved since the plan? Never by its version alone. And what to do then.
#pragma once

#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

// What a person does whose plan cannot be applied any more: as long as the old rows can be read, a
// new plan; after the deadline they are in this plan's private copy alone, and no new plan sees
// them. `now` by the engine's clock.
std::string PlanAnew(const model::Plan& plan, Instant now, const model::EngineWords& words);

// kStale naming, in the engine's words, each part of the table's state that changed.
// The planned partitions' own content is judged by its rows, elsewhere.
Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present, Instant now,
                    const model::EngineWords& words);

}  // namespace salvor::recovery
