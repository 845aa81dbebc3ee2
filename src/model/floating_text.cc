#include "model/floating_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

#include "model/decimal_text.h"

namespace salvor::model {
namespace {

bool IsWord(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

// The number is so large or so small that it has no place in the type.
template <typename Number>
Number OutOfRange(std::string_view text) {
  const size_t at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, at);
  const size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return 0;
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  // The exponent may itself be out of every range: its sign and length are enough.
  int64_t exponent = 0;
  if (at != std::string_view::npos) {
    const char* begin = text.data() + at + 1;
    if (*begin == '+') ++begin;
    const auto read = std::from_chars(begin, text.data() + text.size(), exponent);
    if (read.ec != std::errc()) return *begin == '-' ? 0 : std::numeric_limits<Number>::infinity();
  }
  const bool large = exponent > static_cast<int64_t>(first) - static_cast<int64_t>(point);
  return large ? std::numeric_limits<Number>::infinity() : 0;
}

bool IsPlainNumber(std::string_view text) {
  const size_t at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, at);
  const auto digits =
      std::count_if(mantissa.begin(), mantissa.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto points = std::count(mantissa.begin(), mantissa.end(), '.');
  if (digits == 0 || points > 1 || digits + points != static_cast<int64_t>(mantissa.size()))
    return false;
  if (at == std::string_view::npos) return true;
  std::string_view exponent = text.substr(at + 1);
  if (!exponent.empty() && (exponent.front() == '+' || exponent.front() == '-'))
    exponent.remove_prefix(1);
  return !exponent.empty() && exponent.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

template <typename Number>
std::optional<Number> ReadFloating(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const auto signed_number = [negative](Number number) { return negative ? -number : number; };
  if (IsWord(text, "inf") || IsWord(text, "infinity"))
    return signed_number(std::numeric_limits<Number>::infinity());
  if (IsWord(text, "nan")) return std::numeric_limits<Number>::quiet_NaN();
  if (!IsPlainNumber(text)) return std::nullopt;
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range) return signed_number(OutOfRange<Number>(text));
  if (read.ec != std::errc()) return std::nullopt;
  return signed_number(number);
}

template <typename Number>
std::string FormatFloating(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0.0";
  constexpr size_t kLongest = 64;
  std::array<char, kLongest> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t at = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + at + (text[at + 1] == '+' ? 2 : 1), end.ptr, exponent);
  const std::string_view mantissa = text.substr(0, at);
  const std::string sign = number < 0 ? "-" : "";
  // Java's bounds for plain digits: from 1/1000 up to ten millions.
  constexpr int kLeast = -3;
  constexpr int kMost = 7;
  if (exponent < kLeast || exponent >= kMost) {
    const char* fraction = mantissa.size() == 1 ? ".0" : "";
    return fmt::format("{}{}{}E{}", sign, mantissa, fraction, exponent);
  }
  std::string plain = FormatDecimal(ReadDecimal(text).value_or(DecimalText{}));
  if (plain.find('.') == std::string::npos) plain += ".0";
  return sign + plain;
}

template std::optional<float> ReadFloating<float>(std::string_view text);
template std::optional<double> ReadFloating<double>(std::string_view text);
template std::string FormatFloating<float>(float number);
template std::string FormatFloating<double>(double number);

}  // namespace salvor::model
