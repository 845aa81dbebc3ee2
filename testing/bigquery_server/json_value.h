// Reading REST bodies: a path that is absent or null is nothing, numbers may come as text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::testing::bigquery {

using Json = nlohmann::json;

// The value at "a.b.c"; nullptr when it, or anything above it, is absent or null.
const Json* Find(const Json& json, std::string_view path);
// Text as it is; numbers and flags as REST writes them.
std::string TextAt(const Json& json, std::string_view path, std::string_view otherwise = {});
std::optional<int64_t> NumberAt(const Json& json, std::string_view path);
bool FlagAt(const Json& json, std::string_view path, bool otherwise = false);

// The whole text as a decimal integer.
std::optional<int64_t> ParseNumber(std::string_view text);

// 400 for a member that the service does not know; `what` says of which message.
Status RefuseUnknown(const Json& object, std::initializer_list<std::string_view> known,
                     std::string_view what);
// `changes` laid over `target` as PATCH does: null removes, objects merge, the rest replaces.
void MergePatch(Json& target, const Json& changes);
// Without members that are null (bq sends them), at any depth.
Json WithoutNulls(const Json& json);

}  // namespace salvor::testing::bigquery
