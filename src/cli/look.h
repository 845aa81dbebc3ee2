// Looking at a table, as status, history and plan all do it.
#pragma once

#include <string>

#include "base/result.h"
#include "model/finding.h"
#include "warehouse/table_reader.h"

namespace salvor::cli {

// `since` may be empty. kInvalidArgument if it is no instant, or one in the future.
Result<warehouse::LookRequest> MakeLookRequest(const std::string& since, Instant now);

// triage's judgement, with evidence for the partial and changed partitions filled in by the engine.
Result<model::Assessment> Assess(warehouse::TableReader& reader, const model::Inventory& inventory);

}  // namespace salvor::cli
