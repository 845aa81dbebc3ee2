#include "bigquery/jobs/job_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "model/plan.h"

namespace salvor::bigquery {

std::string JobIdOf(std::string_view plan_digest, std::string_view step, std::string_view part,
                    int attempt) {
  constexpr size_t kDigits = 32;
  const std::string key = model::OperationKey(plan_digest, step);
  const std::string_view digits = std::string_view(key).substr(key.size() - kDigits);
  return fmt::format("salvor-{}-{}-{}-{}", step, digits, part.empty() ? "whole" : part, attempt);
}

}  // namespace salvor::bigquery
