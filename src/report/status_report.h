// What `salvor status` says. Pure: model in, text or JSON out. docs/json.md documents the keys.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/instant.h"
#include "model/engine_words.h"
#include "model/finding.h"
#include "model/inventory.h"

namespace salvor::report {

// Inside this margin before a deadline, persisting comes first.
inline constexpr Millis kDeadlineMargin = std::chrono::hours(24);

struct StatusView {
  const model::Inventory& inventory;
  const model::Assessment& assessment;
  Instant now;
  const model::EngineWords& words;  // of the table's engine
};

std::string StatusText(const StatusView& view);
nlohmann::json StatusJson(const StatusView& view);

}  // namespace salvor::report
