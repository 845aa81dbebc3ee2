// Floating-point numbers as text. A number has one text here, Java's and so Spark's: "1.0",
// "1.0E10", "Infinity", "NaN"; the sign of zero is not part of it.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace salvor::model {

// "[+-]1", "1.5e10", ".5", "5.", "inf", "infinity" and "nan" in any case, as Rust reads them: what
// is too large is infinite, what is too small 0. Nothing for other text. For float and double.
template <typename Number>
std::optional<Number> ReadFloating(std::string_view text);

// The shortest text that reads back as the same number of this width.
template <typename Number>
std::string FormatFloating(Number number);

}  // namespace salvor::model
