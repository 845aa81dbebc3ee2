#include "bigquery/recovery/apply_marker.h"

#include <utility>

#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {

JobRef MarkerOf(const model::Plan& plan, const std::string& plan_digest) {
  return JobOf(plan, plan_digest, "apply", "begin", 1);
}

Status PlaceMarker(const OpenedPlan& opened) {
  nlohmann::json configuration =
      QueryConfiguration(kBeginStatement, {.kms_key = *opened.connection.kms_key});
  configuration["labels"] = {{kPlanLabel, PlanMark(opened.digest)}};
  const JobRef ref = MarkerOf(opened.plan, opened.digest);
  auto inserted = opened.connection.api.InsertJob(ref, configuration);
  if (inserted) return Done{};
  if (inserted.error().code == Code::kOutcomeUnknown) {
    // Somebody else's job that may not be read has the id, and that is all that is wanted.
    const auto taken = FindMarker(opened);
    if (taken ? taken->has_value() : taken.error().code == Code::kPermission) return Done{};
  }
  return Fail(std::move(inserted).error().At("job " + ref.id));
}

Result<std::optional<Job>> FindMarker(const OpenedPlan& opened) {
  return opened.connection.api.GetJob(MarkerOf(opened.plan, opened.digest));
}

}  // namespace salvor::bigquery
