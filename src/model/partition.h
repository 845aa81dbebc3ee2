// A partition's identity: one value per partition column.
#pragma once

#include <compare>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::model {

enum class ColumnType {
  kString,
  kInteger,  // byte, short, integer, long
  kDate,
  kTimestamp,     // an instant
  kTimestampNtz,  // a wall-clock time
  kBoolean,
  kDecimal,
  kFloat,
  kBinary,
};

// What a key says instead of a value for the rows that an engine keeps outside the partitions of a
// date, time or integer column: a value that no partition is made for.
inline constexpr std::string_view kUnpartitioned = "__UNPARTITIONED__";

struct PartitionColumn {
  std::string name;  // as users see it (the logical name)
  ColumnType type = ColumnType::kString;

  bool operator==(const PartitionColumn&) const = default;
};

// Values in the order of the table's partition columns, in canonical text: an integer without
// leading zeros, a date as 2026-11-22, a timestamp as 2026-11-22T15:20:58[.ffffff] (an instant with
// Z). No value is NULL; the empty string is a value of a string column only where an engine has
// such. An unpartitioned table has one partition with no values.
struct PartitionKey {
  std::vector<std::optional<std::string>> values;

  bool operator==(const PartitionKey&) const = default;
  // Some total order, for looking up; CompareKeys is the one for people.
  auto operator<=>(const PartitionKey&) const = default;
};

// The order that a person expects: by type (dates by day, integers by size), NULL first.
// Values that do not parse as their type are ordered as text after those that do.
std::strong_ordering CompareValues(ColumnType type, const std::optional<std::string>& a,
                                   const std::optional<std::string>& b);
std::strong_ordering CompareKeys(const std::vector<PartitionColumn>& columns, const PartitionKey& a,
                                 const PartitionKey& b);

// For people: "2024-01-02", "country=DE, day=2024-01-02", "NULL", "(whole table)". Not
// printable-safe.
std::string FormatKey(const std::vector<PartitionColumn>& columns, const PartitionKey& key);

// {"submission_date":"2024-01-02"}, with null for NULL; {} for an unpartitioned table.
nlohmann::json KeyToJson(const std::vector<PartitionColumn>& columns, const PartitionKey& key);
// Exactly the table's columns, strings or null: else kInvalidArgument. Numbers and booleans are
// taken by their JSON text, so that a person may write {"hour": 5}.
Result<PartitionKey> KeyFromJson(const std::vector<PartitionColumn>& columns,
                                 const nlohmann::json& json);

// What a person wrote, in canonical text: "2024-1-2" is refused for a date, "007" is 7 as an
// integer.
Result<std::string> CanonicalValue(ColumnType type, std::string_view text);

std::string_view ColumnTypeName(ColumnType type);
Result<ColumnType> ParseColumnType(std::string_view name);

}  // namespace salvor::model
