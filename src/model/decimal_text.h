// Decimal numbers as text, of any size, without loss.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace salvor::model {

// digits * 10^-scale. Zero is never negative and has no digits.
struct DecimalText {
  bool negative = false;
  std::string digits;  // without leading zeros
  int64_t scale = 0;   // as spelled: of "1.10" 2, of "1E2" -2
};

// "[+-]1.10", ".5", "1.", "1.1E-6". Nothing for other text, and for exponents of more than four
// digits, which no column holds.
std::optional<DecimalText> ReadDecimal(std::string_view text);

// The number without an exponent and without zeros that do not count: "1.1", "100", "0".
std::string FormatDecimal(DecimalText decimal);

// To so many digits after the point, halves away from zero.
DecimalText RoundDecimal(DecimalText decimal, int64_t scale);

std::strong_ordering CompareDecimals(const DecimalText& a, const DecimalText& b);

}  // namespace salvor::model
