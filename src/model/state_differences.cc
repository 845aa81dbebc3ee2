#include "model/state_differences.h"

namespace salvor::model {

std::vector<StatePart> DifferencesOf(const Plan& plan, const std::string& table_id,
                                     const TableState& today) {
  std::vector<StatePart> parts;
  const auto compare = [&](const std::string& then, const std::string& now, StatePart part) {
    if (then != now) parts.push_back(part);
  };
  compare(plan.table.id, table_id, StatePart::kIdentity);
  compare(plan.state.schema, today.schema, StatePart::kSchema);
  compare(plan.state.layout, today.layout, StatePart::kLayout);
  compare(plan.state.constraints, today.constraints, StatePart::kConstraints);
  compare(plan.state.protocol, today.protocol, StatePart::kProtocol);
  return parts;
}

}  // namespace salvor::model
