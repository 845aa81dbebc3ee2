// Instants, days, durations of a table, times of a service and of HTTP.
#include "base/instant.h"
#include "base/text.h"
#include "bigquery/rest/resource_json.h"
#include "delta/protocol/duration.h"
#include "fuzz/input.h"
#include "http/date.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const std::string_view text = fuzz::Input(data, size).Rest();
  if (const auto instant = ParseInstant(text)) {
    const auto again = ParseInstant(FormatInstant(*instant));
    SALVOR_MUST(again && *again == *instant);
  }
  if (const auto day = ParseDay(text)) SALVOR_MUST(FormatDay(*day) == text);
  if (const auto span = delta::ParseSparkInterval(text)) FormatSpan(*span);
  if (const auto span = delta::ParseKernelInterval(text)) FormatSpan(*span);
  if (const auto at = bigquery::ParseServiceTime(text)) FormatInstant(*at);
  if (const auto at = http::ParseDate(text)) FormatInstant(*at);
  SALVOR_MUST(Printable(Printable(text)) == Printable(text));
  return 0;
}
