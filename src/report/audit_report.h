// The audit for a person, and as JSON (docs/json.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/audit.h"

namespace salvor::report {

// `red`: the alarms in red, for a terminal.
std::string AuditText(const model::Audit& audit, bool red);
nlohmann::json AuditToJson(const model::Audit& audit);

}  // namespace salvor::report
