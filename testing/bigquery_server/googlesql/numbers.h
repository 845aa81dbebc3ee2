// Numbers as GoogleSQL reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace salvor::testing::bigquery::googlesql {

// A NUMERIC times 10^9, below 10^38.
__extension__ typedef __int128 Numeric;
__extension__ typedef unsigned __int128 Magnitude;
bool IsNumeric(Numeric value);

// Decimal or 0x, with a sign; nothing around it.
std::optional<int64_t> ReadInt64(std::string_view text);
// Also "inf", "+infinity" and "nan" in any case.
std::optional<double> ReadFloat64(std::string_view text);
// Rounds half away from zero beyond nine decimals.
std::optional<Numeric> ReadNumeric(std::string_view text);
// 15 digits if they read back, else 17: "1", "0.1", "1e+20", "nan", "-inf"; -0 is "0".
std::string WriteFloat64(double value);
std::string WriteNumeric(Numeric value);  // without trailing zeros

// a * b and a / b, rounded half away from zero; nullopt out of range. b is not zero.
std::optional<Numeric> MultiplyNumeric(Numeric a, Numeric b);
std::optional<Numeric> DivideNumeric(Numeric a, Numeric b);

std::optional<std::string> ReadBase64(std::string_view text);
bool IsJson(std::string_view text);
// Keys in order, no spaces: as BigQuery keeps JSON. The text itself if it is none.
std::string NormalJson(std::string_view text);

}  // namespace salvor::testing::bigquery::googlesql
