// What a person must choose from, where all rows of partitions were replaced by others.
#pragma once

#include <string>

#include "model/engine_words.h"
#include "model/plan.h"

namespace salvor::report {

// For the partitions of the plan that are left to a person for that: each content with the command
// that takes it. "" if there are none.
std::string ChoicesText(const model::Plan& plan, const model::EngineWords& words);

}  // namespace salvor::report
