#include "bigquery/jobs/plan_label.h"

namespace salvor::bigquery {

std::string PlanMark(const std::string& plan_digest) {
  constexpr size_t kDigits = 32;
  return plan_digest.substr(0, kDigits);
}

bool CarriesPlanLabel(const Table& table, const std::string& plan_digest) {
  const auto label = table.labels.find(kPlanLabel);
  return label != table.labels.end() && label->second == PlanMark(plan_digest);
}

}  // namespace salvor::bigquery
