#include "triage/describe.h"

#include <fmt/format.h>

namespace salvor::triage {

std::string Describe(const model::Event& event, const model::EngineWords& words) {
  std::string text = fmt::format("{} ({}", words.EventOf(event.version), event.operation);
  if (!event.who.empty()) text += " by " + event.who;
  return text + ", " + FormatInstant(event.at) + ")";
}

bool IsExplained(const model::Event& event) {
  return !event.who.empty() || event.operation != "unknown" || event.by_expiry;
}

}  // namespace salvor::triage
