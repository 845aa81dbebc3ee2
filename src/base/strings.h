// Small work on text, of ASCII alone: bytes beyond it are left as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace salvor {

std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// Without the blanks, tabs and line ends around it. Borrows from `text`.
std::string_view Trim(std::string_view text);

std::string LowerCase(std::string_view text);

// All of the text as a decimal number: digits, with a minus before them or nothing. What does not
// fit is none.
std::optional<int64_t> ParseInt64(std::string_view text);

}  // namespace salvor
