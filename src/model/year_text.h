// Years in dates and times as text: four digits, or a sign and at least four outside of 0 to 9999
// (ISO 8601, "expanded representation").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace salvor::model {

struct YearText {
  int64_t year = 0;
  std::string_view rest;  // from the "-" on
};

// Of "2024-01-02", "+12024-01-02T03:04:05Z", "-0044-01-02". Seven digits at most.
std::optional<YearText> SplitYear(std::string_view text);
std::string FormatYear(int64_t year);

}  // namespace salvor::model
