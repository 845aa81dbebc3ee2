#include "model/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/instant.h"

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

// A number without a byte of slack around it, or nothing.
template <typename T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || at != end) return std::nullopt;
  return value;
}

// Decimal text as (sign, digits before the point, digits after it), for comparing at any size.
struct DecimalText {
  bool negative = false;
  std::string whole;
  std::string fraction;
};

std::optional<DecimalText> ReadDecimal(std::string_view text) {
  DecimalText decimal;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    decimal.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  decimal.whole = text.substr(0, point);
  if (point != std::string_view::npos) decimal.fraction = text.substr(point + 1);
  const auto digits = [](const std::string& part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!digits(decimal.whole) || !digits(decimal.fraction)) return std::nullopt;
  if (decimal.whole.empty() && decimal.fraction.empty()) return std::nullopt;
  decimal.whole.erase(0, std::min(decimal.whole.find_first_not_of('0'), decimal.whole.size()));
  const size_t last = decimal.fraction.find_last_not_of('0');
  decimal.fraction.resize(last == std::string::npos ? 0 : last + 1);
  if (decimal.whole.empty() && decimal.fraction.empty()) decimal.negative = false;
  return decimal;
}

std::strong_ordering CompareMagnitude(const DecimalText& a, const DecimalText& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() <=> b.whole.size();
  if (a.whole != b.whole) return a.whole <=> b.whole;
  return a.fraction <=> b.fraction;
}

std::strong_ordering CompareDecimal(const DecimalText& a, const DecimalText& b) {
  if (a.negative != b.negative) {
    return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return a.negative ? CompareMagnitude(b, a) : CompareMagnitude(a, b);
}

// Values that parse come before those that do not; two that parse are compared as their type.
template <typename T, typename Parse, typename Compare>
std::strong_ordering CompareParsed(std::string_view a, std::string_view b, Parse parse,
                                   Compare compare) {
  const std::optional<T> left = parse(a);
  const std::optional<T> right = parse(b);
  if (left.has_value() != right.has_value()) {
    return left ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (left) {
    const std::strong_ordering order = compare(*left, *right);
    if (order != std::strong_ordering::equal) return order;
  }
  return a <=> b;
}

std::strong_ordering CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return static_cast<int>(std::isnan(a)) <=> static_cast<int>(std::isnan(b));
  }
  if (a < b) return std::strong_ordering::less;
  return a > b ? std::strong_ordering::greater : std::strong_ordering::equal;
}

// "2024-01-02T03:04:05[.f{1,6}][Z]" with the fraction cut to what it says; nothing if it is no
// time.
std::optional<std::string> CanonicalTime(std::string_view text, bool instant) {
  std::string_view base = text;
  if (instant && !base.empty() && base.back() == 'Z') base.remove_suffix(1);
  std::string_view fraction;
  if (const size_t point = base.find('.'); point != std::string_view::npos) {
    fraction = base.substr(point + 1);
    base = base.substr(0, point);
    if (fraction.empty() || fraction.size() > 6 ||
        fraction.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  auto parsed = ParseInstant(base);
  if (!parsed || (!instant && base.find_first_of("Z+", 10) != std::string_view::npos)) {
    return std::nullopt;
  }
  std::string canonical = FormatInstant(*parsed);
  canonical.pop_back();
  const size_t last = fraction.find_last_not_of('0');
  if (last != std::string_view::npos) canonical += fmt::format(".{}", fraction.substr(0, last + 1));
  if (instant) canonical += 'Z';
  return canonical;
}

std::optional<std::string> Canonical(ColumnType type, std::string_view text) {
  if (text == kUnpartitioned) return std::string(text);
  switch (type) {
    case ColumnType::kString:
    case ColumnType::kBinary:
      return std::string(text);
    case ColumnType::kInteger:
      if (auto value = Number<int64_t>(text)) return std::to_string(*value);
      return std::nullopt;
    case ColumnType::kDate:
      if (auto day = ParseDay(text)) return FormatDay(*day);
      return std::nullopt;
    case ColumnType::kBoolean:
      if (text == "true" || text == "false") return std::string(text);
      return std::nullopt;
    case ColumnType::kTimestamp:
      return CanonicalTime(text, true);
    case ColumnType::kTimestampNtz:
      return CanonicalTime(text, false);
    case ColumnType::kDecimal:
      if (ReadDecimal(text)) return std::string(text);
      return std::nullopt;
    case ColumnType::kFloat:
      if (Number<double>(text) || text == "NaN" || text == "Infinity" || text == "-Infinity") {
        return std::string(text);
      }
      return std::nullopt;
  }
  return std::nullopt;
}

std::string FormatValue(const std::optional<std::string>& value) {
  if (!value) return "NULL";
  return value->empty() ? "''" : *value;
}

}  // namespace

std::strong_ordering CompareValues(ColumnType type, const std::optional<std::string>& a,
                                   const std::optional<std::string>& b) {
  if (!a || !b) return a.has_value() <=> b.has_value();
  switch (type) {
    case ColumnType::kInteger:
      return CompareParsed<int64_t>(*a, *b, Number<int64_t>,
                                    [](int64_t x, int64_t y) { return x <=> y; });
    case ColumnType::kDecimal:
      return CompareParsed<DecimalText>(*a, *b, ReadDecimal, CompareDecimal);
    case ColumnType::kFloat:
      return CompareParsed<double>(*a, *b, Number<double>, CompareDoubles);
    default:
      // Canonical dates and times are ordered as their text is.
      return *a <=> *b;
  }
}

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
    SALVOR_TRY(std::string canonical,
               CanonicalValue(column.type, value->is_string() ? value->get_ref<const std::string&>()
                                                              : value->dump()));
    key.values.emplace_back(std::move(canonical));
  }
  return key;
}

Result<std::string> CanonicalValue(ColumnType type, std::string_view text) {
  if (auto canonical = Canonical(type, text)) return *std::move(canonical);
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' is not a value of type {}", text, ColumnTypeName(type)));
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
