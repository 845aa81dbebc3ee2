// Events in words, as reasons and warnings name them.
#pragma once

#include <string>

#include "model/engine_words.h"
#include "model/inventory.h"

namespace salvor::triage {

// "version 4 (DELETE by bob, 2024-01-02T03:04:05Z)".
std::string Describe(const model::Event& event, const model::EngineWords& words);
// Whether somebody says what it was: an operation, a person, or the table's own expiration.
bool IsExplained(const model::Event& event);

}  // namespace salvor::triage
