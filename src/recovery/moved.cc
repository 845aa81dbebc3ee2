#include "recovery/moved.h"

#include <fmt/format.h>

#include <string>

namespace salvor::recovery {

Status CheckUnmoved(const model::Plan& plan, const warehouse::Present& present) {
  std::string moved;
  const auto compare = [&](const std::string& then, const std::string& now, const char* what) {
    if (then != now) moved += fmt::format("{}{}", moved.empty() ? "" : ", ", what);
  };
  compare(plan.table.id, present.table.id, "its identity (it was dropped and made again)");
  compare(plan.state.schema, present.state.schema, "its schema");
  compare(plan.state.layout, present.state.layout, "its partition columns or column mapping");
  compare(plan.state.constraints, present.state.constraints, "its constraints");
  compare(plan.state.protocol, present.state.protocol, "its protocol (table features)");
  if (moved.empty()) return Done{};
  return Fail(Code::kStale,
              fmt::format("the table moved between version {} and version {}: {} changed",
                          plan.state.version, present.state.version, moved),
              plan.table.uri,
              "Nothing was written. Plan anew; the private copy of this plan stays until clean");
}

}  // namespace salvor::recovery
