#include "recovery/moved.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

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

Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present, Instant now,
                    const model::EngineWords& words) {
  const model::StateParts parts = words.Parts();
  std::string moved;
  const auto compare = [&](const std::string& then, const std::string& today,
                           std::string_view what) {
    if (then != today) moved += fmt::format("{}{}", moved.empty() ? "" : ", ", what);
  };
  compare(plan.table.id, present.table.id, "its identity (it was dropped and made again)");
  compare(plan.state.schema, present.state.schema, "its schema");
  compare(plan.state.layout, present.state.layout, parts.layout);
  compare(plan.state.constraints, present.state.constraints, parts.constraints);
  compare(plan.state.protocol, present.state.protocol, parts.protocol);
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
