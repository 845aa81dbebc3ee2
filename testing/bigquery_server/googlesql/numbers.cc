#include "testing/bigquery_server/googlesql/numbers.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr Numeric kScale = 1'000'000'000;
constexpr Numeric kTenTo19 = static_cast<Numeric>(10'000'000'000'000'000'000ULL);
constexpr Numeric kLimit = kTenTo19 * kTenTo19;  // 10^38

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Magnitude Absolute(Numeric value) {
  return value < 0 ? static_cast<Magnitude>(-(value + 1)) + 1 : static_cast<Magnitude>(value);
}

Numeric Signed(Magnitude magnitude, bool negative) {
  const auto value = static_cast<Numeric>(magnitude);
  return negative ? -value : value;
}

// a * b / c, rounded half away from zero, digit by digit: a * b may need 256 bits. nullopt from
// 10^38. c < 10^38, so that sums of two remainders fit.
std::optional<Magnitude> MultiplyDivide(Magnitude a, Magnitude b, Magnitude c) {
  Magnitude quotient = 0;
  Magnitude rest = 0;
  const Magnitude whole = a / c;
  const Magnitude part = a % c;
  for (int bit = 127; bit >= 0; --bit) {  // Horner's rule over b's bits
    quotient *= 2;
    rest *= 2;
    if (rest >= c) {
      rest -= c;
      ++quotient;
    }
    if ((b >> static_cast<unsigned>(bit) & 1U) != 0) {
      quotient += whole;
      rest += part;
      if (rest >= c) {
        rest -= c;
        ++quotient;
      }
    }
    if (quotient >= static_cast<Magnitude>(kLimit)) return std::nullopt;
  }
  if (rest * 2 >= c) ++quotient;
  if (quotient >= static_cast<Magnitude>(kLimit)) return std::nullopt;
  return quotient;
}

}  // namespace

bool IsNumeric(Numeric value) { return value > -kLimit && value < kLimit; }

std::optional<int64_t> ReadInt64(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  const uint64_t most = uint64_t{1} << 63U;
  if (magnitude > most || (magnitude == most && !negative)) return std::nullopt;
  if (magnitude == most) return std::numeric_limits<int64_t>::min();
  const auto value = static_cast<int64_t>(magnitude);
  return negative ? -value : value;
}

std::optional<double> ReadFloat64(std::string_view text) {
  std::string_view bare = text;
  bool negative = false;
  if (!bare.empty() && (bare[0] == '-' || bare[0] == '+')) {
    negative = bare[0] == '-';
    bare.remove_prefix(1);
  }
  const std::string upper = Upper(bare);
  const double sign = negative ? -1.0 : 1.0;
  if (upper == "INF" || upper == "INFINITY") return sign * std::numeric_limits<double>::infinity();
  if (upper == "NAN") return std::numeric_limits<double>::quiet_NaN();
  if (bare.empty() || (!IsDigit(bare[0]) && bare[0] != '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(bare.data(), bare.data() + bare.size(), value);
  if (end != bare.data() + bare.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    value = std::strtod(std::string(bare).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  return sign * value;
}

std::optional<Numeric> ReadNumeric(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const size_t exponent_at = text.find_first_of("eE");
  int64_t exponent = 0;
  if (exponent_at != std::string_view::npos) {
    const std::optional<int64_t> read = ReadInt64(text.substr(exponent_at + 1));
    if (!read || *read > 1000 || *read < -1000) return std::nullopt;
    exponent = *read;
    text = text.substr(0, exponent_at);
  }
  std::string digits;
  int64_t after_point = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (IsDigit(c)) {
      digits += c;
      if (point) ++after_point;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty() || digits.size() > 2000) return std::nullopt;
  const int64_t zeros = 9 + exponent - after_point;
  bool up = false;
  if (zeros >= 0) {
    digits.append(static_cast<size_t>(zeros), '0');
  } else if (static_cast<size_t>(-zeros) > digits.size()) {
    digits = "0";
  } else {
    const size_t keep = digits.size() - static_cast<size_t>(-zeros);
    up = digits[keep] >= '5';
    digits.resize(keep);
  }
  Magnitude magnitude = 0;
  for (const char digit : digits) {
    magnitude = magnitude * 10 + static_cast<Magnitude>(digit - '0');
    if (magnitude >= static_cast<Magnitude>(kLimit)) return std::nullopt;
  }
  if (up) ++magnitude;
  if (magnitude >= static_cast<Magnitude>(kLimit)) return std::nullopt;
  return Signed(magnitude, negative);
}

std::string WriteFloat64(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return "0";
  char text[40];
  for (const int digits : {15, 17}) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (digits == 17 || std::strtod(text, nullptr) == value) break;
  }
  return text;
}

std::string WriteNumeric(Numeric value) {
  Magnitude magnitude = Absolute(value);
  std::string digits;
  while (magnitude > 0 || digits.size() < 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  }
  std::string whole = digits.substr(0, digits.size() - 9);
  std::string fraction = digits.substr(digits.size() - 9);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) whole += "." + fraction;
  return value < 0 ? "-" + whole : whole;
}

std::optional<Numeric> MultiplyNumeric(Numeric a, Numeric b) {
  const auto product = MultiplyDivide(Absolute(a), Absolute(b), static_cast<Magnitude>(kScale));
  if (!product) return std::nullopt;
  return Signed(*product, (a < 0) != (b < 0));
}

std::optional<Numeric> DivideNumeric(Numeric a, Numeric b) {
  const auto quotient = MultiplyDivide(Absolute(a), static_cast<Magnitude>(kScale), Absolute(b));
  if (!quotient) return std::nullopt;
  return Signed(*quotient, (a < 0) != (b < 0));
}

std::optional<std::string> ReadBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  unsigned held = 0;
  size_t padding = 0;
  for (char c : text) {
    if (c == '=') {
      ++padding;
      continue;
    }
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos || padding > 0) return std::nullopt;
    bits = bits << 6U | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 0xFFU);
    }
  }
  const size_t digits = text.size() - padding;
  if (padding > 2 || digits % 4 == 1) return std::nullopt;
  return bytes;
}

bool IsJson(std::string_view text) { return nlohmann::json::accept(text); }

std::string NormalJson(std::string_view text) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  return value.is_discarded() ? std::string(text) : value.dump();
}

}  // namespace salvor::testing::bigquery::googlesql
