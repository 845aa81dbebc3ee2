// How the things of a Delta table are called (model/engine_words.h).
#pragma once

#include "model/engine_words.h"

namespace salvor::delta {

// Lives as long as the program.
const model::EngineWords& Words();

}  // namespace salvor::delta
