#include "model/decimal_text.h"

#include <algorithm>
#include <charconv>

namespace salvor::model {
namespace {

constexpr size_t kMostExponentDigits = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the sign away; true for a minus.
bool TakeSign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

std::string_view TakeDigits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const auto count = static_cast<size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<int64_t> ReadExponent(std::string_view text) {
  const bool negative = TakeSign(text);
  const std::string_view digits = TakeDigits(text);
  if (digits.empty() || digits.size() > kMostExponentDigits || !text.empty()) return std::nullopt;
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return negative ? -value : value;
}

void Normalise(DecimalText& decimal) {
  const size_t zeros = decimal.digits.find_first_not_of('0');
  decimal.digits.erase(0, std::min(zeros, decimal.digits.size()));
  if (decimal.digits.empty()) decimal.negative = false;
}

void AddOne(std::string& digits) {
  for (size_t at = digits.size(); at-- > 0;) {
    if (digits[at] != '9') {
      ++digits[at];
      return;
    }
    digits[at] = '0';
  }
  digits.insert(digits.begin(), '1');
}

std::strong_ordering CompareMagnitudes(const DecimalText& a, const DecimalText& b) {
  // Digits before the point; of 0.05 -1.
  const int64_t a_whole = static_cast<int64_t>(a.digits.size()) - a.scale;
  const int64_t b_whole = static_cast<int64_t>(b.digits.size()) - b.scale;
  if (a.digits.empty() || b.digits.empty()) return !a.digits.empty() <=> !b.digits.empty();
  if (a_whole != b_whole) return a_whole <=> b_whole;
  const size_t length = std::max(a.digits.size(), b.digits.size());
  std::string left = a.digits;
  std::string right = b.digits;
  left.resize(length, '0');
  right.resize(length, '0');
  return left <=> right;
}

}  // namespace

std::optional<DecimalText> ReadDecimal(std::string_view text) {
  DecimalText decimal;
  decimal.negative = TakeSign(text);
  decimal.digits = TakeDigits(text);
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = TakeDigits(text);
  }
  if (decimal.digits.empty() && fraction.empty()) return std::nullopt;
  decimal.digits += fraction;
  decimal.scale = static_cast<int64_t>(fraction.size());
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    const auto exponent = ReadExponent(text.substr(1));
    if (!exponent) return std::nullopt;
    decimal.scale -= *exponent;
  }
  Normalise(decimal);
  return decimal;
}

std::string FormatDecimal(DecimalText decimal) {
  if (decimal.digits.empty()) return "0";
  while (decimal.scale > 0 && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
    --decimal.scale;
  }
  std::string text = std::move(decimal.digits);
  if (decimal.scale < 0) text.append(static_cast<size_t>(-decimal.scale), '0');
  if (decimal.scale > 0) {
    const auto scale = static_cast<size_t>(decimal.scale);
    if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
    text.insert(text.size() - scale, ".");
  }
  if (decimal.negative) text.insert(0, "-");
  return text;
}

DecimalText RoundDecimal(DecimalText decimal, int64_t scale) {
  if (decimal.scale <= scale) return decimal;
  const auto dropped = static_cast<size_t>(decimal.scale - scale);
  decimal.scale = scale;
  if (dropped > decimal.digits.size()) {
    decimal.digits.clear();
  } else {
    const size_t kept = decimal.digits.size() - dropped;
    const bool up = decimal.digits[kept] >= '5';
    decimal.digits.resize(kept);
    if (up) AddOne(decimal.digits);
  }
  Normalise(decimal);
  return decimal;
}

std::strong_ordering CompareDecimals(const DecimalText& a, const DecimalText& b) {
  if (a.negative != b.negative) {
    return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return a.negative ? CompareMagnitudes(b, a) : CompareMagnitudes(a, b);
}

}  // namespace salvor::model
