// Reading a canonical JSON document: every field is asked for by name and type, and a wrong one is
// kCorrupt with the field's name. Nothing throws.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "model/inventory.h"
#include "model/partition.h"

namespace salvor::model {

// Sorted keys, no spaces, one newline at the end. Text that is not UTF-8 is replaced visibly.
std::string Canonical(const nlohmann::json& json);

// The document, if `bytes` are JSON at all, and nest no deeper than 64 levels.
Result<nlohmann::json> ParseDocument(std::string_view bytes, std::string_view what);

Result<std::string> TextField(const nlohmann::json& object, const char* name);
Result<int64_t> IntegerField(const nlohmann::json& object, const char* name);
Result<bool> FlagField(const nlohmann::json& object, const char* name);
// A list of texts and nothing else.
Result<std::vector<std::string>> TextsField(const nlohmann::json& object, const char* name);
Result<nlohmann::json> ListField(const nlohmann::json& object, const char* name);
Result<nlohmann::json> ObjectField(const nlohmann::json& object, const char* name);
Result<Instant> InstantField(const nlohmann::json& object, const char* name);
// Nothing where the field is null.
Result<std::optional<Instant>> OptionalInstantField(const nlohmann::json& object, const char* name);

nlohmann::json OptionalInstant(const std::optional<Instant>& instant);

nlohmann::json TallyToJson(const Tally& tally);
Result<Tally> TallyFromJson(const nlohmann::json& json);
nlohmann::json ColumnsToJson(const std::vector<PartitionColumn>& columns);
Result<std::vector<PartitionColumn>> ColumnsFromJson(const nlohmann::json& json);
nlohmann::json IdentityToJson(const TableIdentity& table);
Result<TableIdentity> IdentityFromJson(const nlohmann::json& json);

}  // namespace salvor::model
