#include "recovery/staleness.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "model/state_differences.h"

namespace salvor::recovery {

std::string PlanAnew(const model::Plan& plan, Instant now, const model::EngineWords& words) {
  for (const model::PlannedPartition* one : model::ToRestore(plan)) {
    if (!one->deadline || *one->deadline > now) continue;
    return fmt::format(
        "Since {} a new plan cannot read the old rows any more: they are in this plan's private "
        "copy alone. Keep it, extend it with salvor persist, and bring the table back to what it "
        "was, or put the rows back by hand{}",
        FormatInstant(*one->deadline), words.RunsByHand() ? ": salvor show --sql" : "");
  }
  return "Plan anew";
}

namespace {

std::string_view NameOf(model::StatePart part, const model::StateParts& parts) {
  switch (part) {
    case model::StatePart::kIdentity:
      return "its identity (it was dropped and made again)";
    case model::StatePart::kSchema:
      return "its schema";
    case model::StatePart::kLayout:
      return parts.layout;
    case model::StatePart::kConstraints:
      return parts.constraints;
    case model::StatePart::kProtocol:
      return parts.protocol;
  }
  return "";
}

}  // namespace

Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present, Instant now,
                    const model::EngineWords& words) {
  std::string moved;
  for (const model::StatePart part : model::DifferencesOf(plan, present.table.id, present.state)) {
    moved += fmt::format("{}{}", moved.empty() ? "" : ", ", NameOf(part, words.Parts()));
  }
  if (moved.empty()) return Done{};
  return Fail(
      Code::kStale,
      fmt::format("the table moved between {} and {}: {} changed",
                  words.Version(plan.state.version), words.Version(present.state.version), moved),
      plan.table.uri,
      fmt::format("Nothing was written. {}; the private copy of this plan stays until clean",
                  PlanAnew(plan, now, words)));
}

}  // namespace salvor::recovery
