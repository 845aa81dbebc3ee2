// One JSON object from a log, as nlohmann sees it, with the dangers taken out. For the rare actions
// (protocol, metaData, commitInfo, txn) and for the files that somebody asked for; the mass of
// files goes through line_scanner.h.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::delta {

// Nested deeper than this is nobody's action: parsing it could exhaust the stack.
inline constexpr int kMaxJsonDepth = 500;

// kCorrupt for anything that is not one JSON object in UTF-8. Never throws.
Result<nlohmann::json> ParseJsonObject(std::string_view text);

// A member's value if it is there and of the type, nothing if it is absent or null; kCorrupt names
// the member otherwise.
Result<std::optional<std::string>> TextMember(const nlohmann::json& object, const char* name);
Result<std::optional<int64_t>> IntMember(const nlohmann::json& object, const char* name);
Result<std::optional<bool>> BoolMember(const nlohmann::json& object, const char* name);
// The member if it is an object, nullptr if it is absent or null.
Result<const nlohmann::json*> ObjectMember(const nlohmann::json& object, const char* name);

}  // namespace salvor::delta
