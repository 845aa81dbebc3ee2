// The label that salvor puts on each table that it makes for a plan: whose it is.
#pragma once

#include <string>

#include "bigquery/rest/client.h"

namespace salvor::bigquery {

inline constexpr const char* kPlanLabel = "salvor_plan";

// The label's value: the first 32 digits of the digest ("Requirements for labels": 63 characters
// at most).
std::string PlanMark(const std::string& plan_digest);

bool CarriesPlanLabel(const Table& table, const std::string& plan_digest);

}  // namespace salvor::bigquery
