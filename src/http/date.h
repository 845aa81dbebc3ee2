// The dates of HTTP headers. Source: RFC 9110, section 5.6.7.
#pragma once

#include <optional>
#include <string_view>

#include "base/instant.h"

namespace salvor::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" and the obsolete forms; nothing for any other text.
std::optional<Instant> ParseDate(std::string_view text);

}  // namespace salvor::http
