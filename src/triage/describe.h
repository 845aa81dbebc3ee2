// Events in words, as reasons and warnings name them.
#pragma once

#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/inventory.h"

namespace salvor::triage {

// "version 4 (DELETE by bob, 2024-01-02T03:04:05Z)".
std::string Describe(const model::Event& event, const model::EngineWords& words);
// " (this; that)", "" for none.
std::string Examples(const std::vector<std::string>& examples);
std::string DescribeDamage(const model::Damage& damage);
// Whether somebody says what it was: an operation, a person, or the table's own expiration.
bool IsExplained(const model::Event& event);

}  // namespace salvor::triage
