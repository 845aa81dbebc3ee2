// What `salvor history` says: the events that took rows or files, oldest first.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/inventory.h"

namespace salvor::report {

std::string HistoryText(const model::Inventory& inventory);
nlohmann::json HistoryJson(const model::Inventory& inventory);

}  // namespace salvor::report
