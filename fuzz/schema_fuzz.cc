// The schema and the configuration of a table, then and now: what salvor makes of both.
#include <nlohmann/json.hpp>

#include "delta/protocol/schema_fields.h"
#include "delta/recovery/compatibility.h"
#include "fuzz/input.h"

namespace salvor::delta {
namespace {

// One metaData action, and the writer features behind it.
std::optional<TableConfiguration> ConfigurationOf(std::string_view text) {
  auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  TableConfiguration configuration;
  if (object.contains("protocol")) {
    auto protocol = ParseProtocol(object["protocol"]);
    if (!protocol) return {};
    configuration.protocol = *std::move(protocol);
  }
  auto metadata = ParseMetadata(std::move(object));
  if (!metadata) return {};
  configuration.metadata = *std::move(metadata);
  return configuration;
}

void Run(fuzz::Input input) {
  const auto then = ConfigurationOf(input.TakeUntil('\n'));
  const auto today = ConfigurationOf(input.TakeUntil('\n'));
  if (!then) return;
  TableRefusal(*then);
  const auto digests = DigestConfiguration(*then);
  const auto same = SchemaRefusal(*then, *then);
  // A table that has not changed takes its own old rows, or cannot be read at all.
  SALVOR_MUST(digests.has_value() == same.has_value());
  if (same) SALVOR_MUST(same->empty());
  if (!today) return;
  const auto others = DigestConfiguration(*today);
  const auto refusal = SchemaRefusal(*then, *today);
  SALVOR_MUST(refusal.has_value() == (digests.has_value() && others.has_value()));
}

}  // namespace
}  // namespace salvor::delta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::delta::Run(salvor::fuzz::Input(data, size));
  return 0;
}
