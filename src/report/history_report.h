// What `salvor history` says: the events that took rows or files, oldest first.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/engine_words.h"
#include "model/inventory.h"

namespace salvor::report {

// `width` as in Table::Format.
std::string HistoryText(const model::Inventory& inventory, const model::EngineWords& words,
                        size_t width = 0);
nlohmann::json HistoryJson(const model::Inventory& inventory);

}  // namespace salvor::report
