#include "http/date.h"

#include <cstdint>
#include <string>

#include "http/curl_library.h"

namespace salvor::http {

std::optional<Instant> ParseDate(std::string_view text) {
  if (text.empty() || !LoadCurlLibrary()) return std::nullopt;
  const time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  constexpr int64_t kEndOfYear9999 = 253'402'300'799;  // libcurl takes years without end
  if (date < 0 || date > kEndOfYear9999) return std::nullopt;
  return InstantOfMillis(static_cast<int64_t>(date) * 1'000);
}

}  // namespace salvor::http
