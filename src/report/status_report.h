// What `salvor status` says. Pure: model in, text or JSON out. docs/json.md documents the keys.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

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
  size_t width = 0;                 // of the text, as in Table::Format
};

std::string StatusText(const StatusView& view);

using WriteText = std::function<void(std::string_view)>;
// One JSON document, written a partition at a time: of one view its own, else the list of all
// (`as_list`); with `error`, beside which there may be no view, as its member.
void WriteStatusJson(const std::vector<StatusView>& views, bool as_list,
                     const nlohmann::json& error, const WriteText& write);

}  // namespace salvor::report
