#include "model/year_text.h"

#include <fmt/format.h>

#include <charconv>

namespace salvor::model {

std::optional<YearText> SplitYear(std::string_view text) {
  constexpr size_t kFewest = 4;
  constexpr size_t kMost = 7;
  const bool has_sign = !text.empty() && (text.front() == '+' || text.front() == '-');
  const bool negative = has_sign && text.front() == '-';
  if (has_sign) text.remove_prefix(1);
  const size_t length = text.find('-');
  if (length == std::string_view::npos || length < kFewest || length > kMost) return std::nullopt;
  if (!has_sign && length != kFewest) return std::nullopt;
  int64_t year = 0;
  const auto read = std::from_chars(text.data(), text.data() + length, year);
  if (read.ec != std::errc() || read.ptr != text.data() + length || year < 0) return std::nullopt;
  return YearText{negative ? -year : year, text.substr(length)};
}

std::string FormatYear(int64_t year) {
  if (year < 0) return fmt::format("-{:04}", -year);
  return fmt::format("{}{:04}", year > 9999 ? "+" : "", year);
}

}  // namespace salvor::model
