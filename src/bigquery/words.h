// How the things of a BigQuery table are called (model/engine_words.h).
#pragma once

#include "model/engine_words.h"

namespace salvor::bigquery {

// Lives as long as the program.
const model::EngineWords& Words();

// model::Inventory::gone.
inline constexpr const char* kGone = "partitions can no longer be read through time travel";

}  // namespace salvor::bigquery
