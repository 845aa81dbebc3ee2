// Has the table moved since the plan? Never by its version alone.
#pragma once

#include "base/result.h"
#include "model/plan.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

// kStale naming, in the engine's words, each part of the table's state that changed.
// The planned partitions' own content is judged by its rows, elsewhere.
Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present,
                    const model::EngineWords& words);

}  // namespace salvor::recovery
