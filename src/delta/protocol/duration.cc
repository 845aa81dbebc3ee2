#include "delta/protocol/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/strings.h"

namespace salvor::delta {
namespace {

struct Unit {
  std::string_view name;  // singular
  int64_t nanos;
};
constexpr std::array<Unit, 8> kUnits = {{{"week", 604'800'000'000'000},
                                         {"day", 86'400'000'000'000},
                                         {"hour", 3'600'000'000'000},
                                         {"minute", 60'000'000'000},
                                         {"second", 1'000'000'000},
                                         {"millisecond", 1'000'000},
                                         {"microsecond", 1'000},
                                         {"nanosecond", 1}}};
constexpr int64_t kNanosOfMilli = 1'000'000;

std::optional<int64_t> NanosOf(std::string_view unit) {
  if (unit.ends_with('s')) unit.remove_suffix(1);
  for (const Unit& known : kUnits)
    if (unit == known.name) return known.nanos;
  return std::nullopt;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!blank && !inside) words.emplace_back();
    if (!blank) words.back() += c;
    inside = !blank;
  }
  return words;
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  return text.starts_with('-') ? std::nullopt : ParseInt64(text);
}

// count * unit in milliseconds, which is as fine as a retention is here.
std::optional<int64_t> MillisOf(int64_t count, int64_t nanos) {
  if (nanos < kNanosOfMilli) return count / (kNanosOfMilli / nanos);
  int64_t millis = 0;
  if (__builtin_mul_overflow(count, nanos / kNanosOfMilli, &millis)) return std::nullopt;
  return millis;
}

// "7", "1.5" before a unit. Only seconds may have a fraction, of nine digits.
std::optional<int64_t> SparkSpan(std::string_view number, std::string_view unit) {
  constexpr size_t kMaxDigits = 9;
  const auto nanos = NanosOf(unit);
  if (!nanos || *nanos == 1) return std::nullopt;
  const size_t point = std::min(number.find('.'), number.size());
  const auto whole = point == 0 && number.size() > 1 ? std::optional<int64_t>(0)
                                                     : WholeNumber(number.substr(0, point));
  if (!whole) return std::nullopt;
  auto millis = MillisOf(*whole, *nanos);
  if (!millis || point == number.size()) return millis;
  std::string fraction(number.substr(point + 1));
  const bool seconds = unit == "second" || unit == "seconds";
  if (!seconds || fraction.size() > kMaxDigits ||
      fraction.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  fraction.resize(3, '0');
  const auto part = WholeNumber(fraction);
  if (!part || __builtin_add_overflow(*millis, *part, &*millis)) return std::nullopt;
  return millis;
}

}  // namespace

std::optional<Millis> ParseSparkInterval(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::vector<std::string> words = Words(lower);
  if (!words.empty() && words[0] == "interval") words.erase(words.begin());
  if (words.empty()) return std::nullopt;
  int64_t total = 0;
  for (size_t i = 0; i < words.size(); i += 2) {
    // The sign may stand by itself.
    std::string_view number = words[i];
    const bool negative = number.starts_with('-');
    if (negative || number.starts_with('+')) number.remove_prefix(1);
    if (number.empty() && ++i < words.size()) number = words[i];
    if (i + 1 >= words.size()) return std::nullopt;
    const auto millis = SparkSpan(number, words[i + 1]);
    if (!millis || __builtin_add_overflow(total, negative ? -*millis : *millis, &total))
      return std::nullopt;
  }
  return Millis(total);
}

std::optional<Millis> ParseKernelInterval(std::string_view text) {
  const std::vector<std::string> words = Words(text);
  if (words.size() != 3 || words[0] != "interval") return std::nullopt;
  const auto count = WholeNumber(words[1]);
  const auto nanos = NanosOf(words[2]);
  if (!count || !nanos) return std::nullopt;
  const auto millis = MillisOf(*count, *nanos);
  if (!millis) return std::nullopt;
  return Millis(*millis);
}

TableDuration DurationOf(const Metadata& metadata, const std::string& name, Millis otherwise) {
  const std::string standard = FormatSpan(otherwise) + ", the default";
  const std::optional<std::string> text = metadata.Property(name);
  if (!text) return {otherwise, standard, true};
  const std::optional<Millis> spark = ParseSparkInterval(*text);
  if (!spark)
    return {otherwise,
            fmt::format("{}, as '{}' is not a duration: treat it as urgent", standard, *text),
            false};
  const Millis kernel = ParseKernelInterval(*text).value_or(otherwise);
  const std::string said = (*spark < Millis(0) ? "-" : "") + FormatSpan(std::chrono::abs(*spark));
  if (*spark <= kernel) return {*spark, said, true};
  return {kernel,
          fmt::format("{}, which delta-rs takes for '{}'; Spark takes {}", standard, *text, said),
          true};
}

std::vector<std::string> DurationNotes(const Metadata& metadata) {
  std::vector<std::string> notes;
  const auto is_none = [&metadata](const char* name) {
    const auto text = metadata.Property(name);
    return text && !ParseSparkInterval(*text);
  };
  for (const char* name : {kFileRetention, "delta.setTransactionRetentionDuration"}) {
    if (!is_none(name)) continue;
    notes.push_back(
        fmt::format("Spark cannot read this table: its property {} is '{}', which is no "
                    "duration; ALTER TABLE ... SET TBLPROPERTIES mends it",
                    name, *metadata.Property(name)));
  }
  if (is_none(kLogRetention))
    notes.push_back(fmt::format(
        "the property {} is '{}', which is not a duration: {} is assumed, so "
        "treat what is lost as urgent",
        kLogRetention, *metadata.Property(kLogRetention), FormatSpan(kDefaultLogRetention)));
  return notes;
}

}  // namespace salvor::delta
