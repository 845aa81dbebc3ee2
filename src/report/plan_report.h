// The plan for a person: what will be done to which partition, and why.
#pragma once

#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/plan.h"

namespace salvor::report {

// "restore 12 partitions (1,234 rows, 3.4 MiB); leave 2; lost 1; 40 intact"
std::string PlanSummary(const model::Plan& plan);
// `digest` may be empty for a plan that was not stored; `width` as in Table::Format.
std::string PlanText(const model::Plan& plan, const std::string& digest,
                     const model::EngineWords& words, size_t width = 0);

// Where a case stands and what comes next: a line, its details below it, commands.
std::string StateText(const std::string& state, const std::vector<std::string>& details,
                      const std::vector<std::string>& next);

}  // namespace salvor::report
