#include "recovery/moved.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace salvor::recovery {

Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present,
                    const model::EngineWords& words) {
  const model::StateParts parts = words.Parts();
  std::string moved;
  const auto compare = [&](const std::string& then, const std::string& now, std::string_view what) {
    if (then != now) moved += fmt::format("{}{}", moved.empty() ? "" : ", ", what);
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
      "Nothing was written. Plan anew; the private copy of this plan stays until clean");
}

}  // namespace salvor::recovery
