#include "http/date.h"

#include <cstdint>
#include <string>

#include "http/curl_library.h"

namespace salvor::http {

std::optional<Instant> ParseDate(std::string_view text) {
  if (text.empty() || !LoadCurlLibrary()) return std::nullopt;
  const time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return InstantOfMillis(static_cast<int64_t>(date) * 1'000);
}

}  // namespace salvor::http
