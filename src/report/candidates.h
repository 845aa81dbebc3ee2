// Who may have made an event, where the engine does not write that down.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/inventory.h"

namespace salvor::report {

// Adds `not_before` and `candidates` to an event's document, where it has any.
void AddCandidates(const model::Event& event, nlohmann::json& entry);

// For people, a line for each event that has candidates or no certain time; "" where none has.
std::string CandidatesText(const model::Inventory& inventory);

}  // namespace salvor::report
