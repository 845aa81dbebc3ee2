#include "cli/since.h"

namespace salvor::cli {

Result<std::optional<Instant>> ParseSince(const std::string& text, Instant now) {
  if (text.empty()) return std::optional<Instant>();
  SALVOR_TRY(const Instant start, ParseInstant(text));
  // Clocks differ; a warehouse that knows better looks more closely.
  constexpr Millis kDay{86'400'000};
  if (start > now + kDay) {
    return Fail(Code::kInvalidArgument, "that instant is in the future", "--since " + text);
  }
  return std::optional(start);
}

}  // namespace salvor::cli
