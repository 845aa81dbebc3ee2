// What the journal keeps of the private copy, so that nobody changes it unseen between the steps.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "recovery/case_folder.h"
#include "recovery/step.h"
#include "warehouse/staging_store.h"

namespace salvor::recovery {

// The member of a line's data that has it.
inline constexpr const char* kSeen = "seen";
nlohmann::json ToJson(const std::vector<warehouse::CopySeen>& seen);

// Asks the engine whether the copy is as the journal's last record has it, and notes the new record
// where the engine proved it anew. kRefused: it is not, or nobody can tell.
Status CheckCopyUnchanged(Step& step, const Case& incident, warehouse::StagingStore& staging);

}  // namespace salvor::recovery
