#include "model/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace salvor::model {
namespace {

constexpr std::array<std::pair<ColumnType, std::string_view>, 9> kTypeNames{{
    {ColumnType::kString, "string"},
    {ColumnType::kInteger, "integer"},
    {ColumnType::kDate, "date"},
    {ColumnType::kTimestamp, "timestamp"},
    {ColumnType::kTimestampNtz, "timestamp_ntz"},
    {ColumnType::kBoolean, "boolean"},
    {ColumnType::kDecimal, "decimal"},
    {ColumnType::kFloat, "float"},
    {ColumnType::kBinary, "binary"},
}};

// What could be taken for something else stands in quotes: no text, blanks at an end, the text
// NULL.
std::string FormatValue(const std::optional<std::string>& value) {
  if (!value) return "NULL";
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  const bool odd = value->empty() || blank(value->front()) || blank(value->back()) ||
                   *value == "NULL" || value->front() == '\'';
  return odd ? "'" + *value + "'" : *value;
}

}  // namespace

std::strong_ordering CompareKeys(const std::vector<PartitionColumn>& columns, const PartitionKey& a,
                                 const PartitionKey& b) {
  const size_t count = std::min({columns.size(), a.values.size(), b.values.size()});
  for (size_t i = 0; i < count; ++i) {
    const auto order = CompareValues(columns[i].type, a.values[i], b.values[i]);
    if (order != std::strong_ordering::equal) return order;
  }
  return a.values.size() <=> b.values.size();
}

std::string FormatKey(const std::vector<PartitionColumn>& columns, const PartitionKey& key) {
  if (key.values.empty()) return "(whole table)";
  if (key.values.size() == 1) return FormatValue(key.values.front());
  std::string text;
  for (size_t i = 0; i < key.values.size(); ++i) {
    if (i != 0) text += ", ";
    if (i < columns.size()) text += columns[i].name + "=";
    text += FormatValue(key.values[i]);
  }
  return text;
}

nlohmann::json KeyToJson(const std::vector<PartitionColumn>& columns, const PartitionKey& key) {
  nlohmann::json json = nlohmann::json::object();
  for (size_t i = 0; i < columns.size() && i < key.values.size(); ++i) {
    if (key.values[i]) {
      json[columns[i].name] = *key.values[i];
    } else {
      json[columns[i].name] = nullptr;
    }
  }
  return json;
}

Result<PartitionKey> KeyFromJson(const std::vector<PartitionColumn>& columns,
                                 const nlohmann::json& json) {
  if (!json.is_object() || json.size() != columns.size()) {
    return Fail(Code::kInvalidArgument, "a partition is an object with one entry per column",
                json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  PartitionKey key;
  for (const PartitionColumn& column : columns) {
    const auto value = json.find(column.name);
    if (value == json.end()) {
      return Fail(Code::kInvalidArgument, "the partition names no value for column " + column.name);
    }
    if (value->is_null()) {
      key.values.emplace_back(std::nullopt);
      continue;
    }
    if (!value->is_primitive()) {
      return Fail(Code::kInvalidArgument,
                  "the value of column " + column.name + " is not a scalar");
    }
    key.values.emplace_back(value->is_string() ? value->get<std::string>() : value->dump());
  }
  return key;
}

std::string_view ColumnTypeName(ColumnType type) {
  for (const auto& [candidate, name] : kTypeNames) {
    if (candidate == type) return name;
  }
  return "string";
}

Result<ColumnType> ParseColumnType(std::string_view name) {
  for (const auto& [type, candidate] : kTypeNames) {
    if (candidate == name) return type;
  }
  return Fail(Code::kCorrupt, fmt::format("'{}' is not a partition column type", name));
}

}  // namespace salvor::model
