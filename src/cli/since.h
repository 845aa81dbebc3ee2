// --since, as status, history and plan all have it.
#pragma once

#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::cli {

// Nothing where `text` is empty. kInvalidArgument if it is no instant, or one in the future.
Result<std::optional<Instant>> ParseSince(const std::string& text, Instant now);

}  // namespace salvor::cli
