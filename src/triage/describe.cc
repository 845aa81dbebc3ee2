#include "triage/describe.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "base/text.h"

namespace salvor::triage {

std::string Describe(const model::Event& event, const model::EngineWords& words) {
  std::string text = fmt::format("{} ({}", words.EventOf(event.version), event.operation);
  if (!event.who.empty()) text += " by " + event.who;
  return text + ", " + FormatInstant(event.at) + ")";
}

bool IsExplained(const model::Event& event) {
  return !event.who.empty() || event.operation != "unknown" || event.by_expiry;
}

std::string Examples(const std::vector<std::string>& examples) {
  return examples.empty() ? "" : " (" + Join(examples, "; ") + ")";
}

std::string DescribeDamage(const model::Damage& damage) {
  return fmt::format("{} of what the table has now cannot be read{}", Plural(damage.pieces, "file"),
                     Examples(damage.examples));
}

}  // namespace salvor::triage
