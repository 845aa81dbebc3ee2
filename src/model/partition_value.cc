// Partition values by themselves: the canonical text of each, and their order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/instant.h"
#include "base/strings.h"
#include "model/canonical_key.h"
#include "model/decimal_text.h"
#include "model/floating_text.h"
#include "model/partition.h"
#include "model/year_text.h"

namespace salvor::model {
namespace {

std::optional<int64_t> ReadInteger(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  return ParseInt64(text);
}

std::strong_ordering CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) <=> std::isnan(b);
  if (a < b) return std::strong_ordering::less;
  return a > b ? std::strong_ordering::greater : std::strong_ordering::equal;
}

// A time of day ends in Z or not at all, and "05" is before "05.5".
std::strong_ordering CompareYears(const YearText& a, const YearText& b) {
  if (a.year != b.year) return a.year <=> b.year;
  const auto without_zone = [](std::string_view text) {
    if (text.ends_with('Z')) text.remove_suffix(1);
    return text;
  };
  return without_zone(a.rest) <=> without_zone(b.rest);
}

// Values that parse come before those that do not.
template <typename Parse, typename Compare>
std::strong_ordering CompareParsed(std::string_view a, std::string_view b, Parse parse,
                                   Compare compare) {
  const auto left = parse(a);
  const auto right = parse(b);
  if (left.has_value() != right.has_value()) {
    return left ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left ? compare(*left, *right) : a <=> b;
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
  if (!parsed || (!instant && base.find_first_of("Z+-", 10) != std::string_view::npos)) {
    return std::nullopt;
  }
  std::string canonical = FormatInstant(*parsed);
  canonical.pop_back();
  const size_t last = fraction.find_last_not_of('0');
  if (last != std::string_view::npos) canonical += fmt::format(".{}", fraction.substr(0, last + 1));
  if (instant) canonical += 'Z';
  return canonical;
}

std::optional<std::string> CanonicalDay(std::string_view text) {
  const auto day = ParseDay(text);
  if (!day) return std::nullopt;
  return FormatDay(*day);
}

// Years outside of 0 to 9999: the calendar is the same every 400 years.
template <typename Parse>
std::optional<std::string> InAnyYear(std::string_view text, Parse parse) {
  if (auto canonical = parse(text)) return canonical;
  const auto year = SplitYear(text);
  if (!year) return std::nullopt;
  constexpr int64_t kCycle = 400;
  constexpr int64_t kNear = 2000;
  const int64_t like = kNear + ((year->year % kCycle) + kCycle) % kCycle;
  const auto canonical = parse(FormatYear(like) + std::string(year->rest));
  if (!canonical) return std::nullopt;
  const auto found = SplitYear(*canonical);
  if (!found) return std::nullopt;
  return FormatYear(year->year + found->year - like) + std::string(found->rest);
}

std::optional<std::string> Canonical(ColumnType type, std::string_view text) {
  if (text == kUnpartitioned) return std::string(text);
  switch (type) {
    case ColumnType::kString:
    case ColumnType::kBinary:
      return std::string(text);
    case ColumnType::kInteger:
      if (auto value = ReadInteger(text)) return std::to_string(*value);
      return std::nullopt;
    case ColumnType::kDate:
      return InAnyYear(text, CanonicalDay);
    case ColumnType::kBoolean:
      if (text == "true" || text == "false") return std::string(text);
      return std::nullopt;
    case ColumnType::kTimestamp:
      return InAnyYear(text, [](std::string_view time) { return CanonicalTime(time, true); });
    case ColumnType::kTimestampNtz:
      return InAnyYear(text, [](std::string_view time) { return CanonicalTime(time, false); });
    case ColumnType::kDecimal:
      if (auto value = ReadDecimal(text)) return FormatDecimal(*std::move(value));
      return std::nullopt;
    case ColumnType::kFloat:
      if (auto value = ReadFloating<double>(text)) return FormatFloating(*value);
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::strong_ordering CompareValues(ColumnType type, const std::optional<std::string>& a,
                                   const std::optional<std::string>& b) {
  if (!a || !b) return a.has_value() <=> b.has_value();
  switch (type) {
    case ColumnType::kInteger:
      return CompareParsed(*a, *b, ReadInteger, [](int64_t x, int64_t y) { return x <=> y; });
    case ColumnType::kDecimal:
      return CompareParsed(*a, *b, ReadDecimal, CompareDecimals);
    case ColumnType::kFloat:
      return CompareParsed(*a, *b, ReadFloating<double>, CompareDoubles);
    case ColumnType::kDate:
    case ColumnType::kTimestamp:
    case ColumnType::kTimestampNtz:
      return CompareParsed(*a, *b, SplitYear, CompareYears);
    default:
      return *a <=> *b;
  }
}

PartitionKey CanonicalKey(const std::vector<PartitionColumn>& columns, PartitionKey key) {
  const size_t count = std::min(columns.size(), key.values.size());
  for (size_t i = 0; i < count; ++i) {
    auto& value = key.values[i];
    if (!value) continue;
    if (auto canonical = CanonicalValue(columns[i].type, *value)) value = *std::move(canonical);
  }
  return key;
}

Result<std::string> CanonicalValue(ColumnType type, std::string_view text) {
  if (auto canonical = Canonical(type, text)) return *std::move(canonical);
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' is not a value of type {}", text, ColumnTypeName(type)));
}

}  // namespace salvor::model
