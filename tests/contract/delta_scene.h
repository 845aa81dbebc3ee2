// A real Delta table in a folder of its own, for the engine contract: Parquet files that DuckDB
// writes, a log that is written here, and a reader of the log that shares nothing with salvor's.
#pragma once

#include <memory>

#include "tests/contract/engine_contract.h"

namespace salvor::contract {

std::unique_ptr<EngineScene> MakeDeltaScene();

}  // namespace salvor::contract
