#include "bigquery/recovery/planned_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using model::Mode;

tl::unexpected<Error> WrongPin(const char* what, const std::string& planned,
                               const std::string& found) {
  return Fail(Code::kRefused,
              fmt::format("the plan was made for {} {}, and this is {}", what,
                          planned.empty() ? "(none)" : planned, found),
              "plan.json, pins", "Run it as it was planned, or plan anew");
}

TableName NameOfCopy(const DatasetName& staging, const std::string& plan_digest, Instant at) {
  return {staging.project, staging.dataset,
          fmt::format("salvor_{}_{}", PlanMark(plan_digest), MillisOf(at))};
}

bool IsSpecial(std::string_view id) { return id == kNullId || id == model::kUnpartitioned; }

Status CheckModes(const std::vector<const model::PlannedPartition*>& partitions,
                  const model::Plan& plan) {
  for (const model::PlannedPartition* one : partitions) {
    if (one->mode == Mode::kInstead) {
      return Fail(Code::kUnsupported,
                  fmt::format("salvor does not yet put rows in the place of others on BigQuery: {}",
                              model::FormatKey(plan.columns, one->key)),
                  plan.table.uri, "Plan anew without --replace");
    }
    if (one->mode != Mode::kInvert) continue;
    return Fail(Code::kUnsupported,
                fmt::format("salvor cannot take an event back inside partition {}, which lived on",
                            model::FormatKey(plan.columns, one->key)),
                plan.table.uri, "Plan anew with --include partial instead of --event");
  }
  return Done{};
}

}  // namespace

Status CheckPins(const Connection& connection, const model::Plan& plan) {
  const model::Pins& pins = plan.pins;
  if (pins.endpoint != connection.api.Endpoint()) {
    return WrongPin("the service at", pins.endpoint, connection.api.Endpoint());
  }
  if (pins.job_project != connection.job_project) {
    return WrongPin("jobs in project", pins.job_project, connection.job_project);
  }
  if (pins.location.empty()) return WrongPin("the location", "", "a plan without one");
  return Done{};
}

const TableName& Planned::CopyOf(size_t index) const {
  const Instant at = partitions[index]->snapshot.at;
  return std::find_if(copies.begin(), copies.end(),
                      [&](const CopyName& copy) { return copy.at == at; })
      ->table;
}

const TableName* Planned::Before() const {
  const auto found = std::find_if(copies.begin(), copies.end(),
                                  [&](const CopyName& copy) { return copy.at == looked_at; });
  return found == copies.end() ? nullptr : &found->table;
}

bool Planned::ByQuery(size_t index) const {
  return table_is_gone || by_name || partitions[index]->mode != Mode::kAdd || IsSpecial(ids[index]);
}

Result<std::vector<CopyName>> CopyNamesOf(const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_TRY(DatasetName staging, ParseDatasetName(plan.staging_root));
  std::set<Instant> instants;
  for (const model::PlannedPartition* one : model::ToRestore(plan)) {
    instants.insert(one->snapshot.at);
    // undo puts back what the partition had.
    if (one->mode != Mode::kAdd) instants.insert(InstantOfMillis(plan.state.version));
  }
  std::vector<CopyName> copies;
  copies.reserve(instants.size());
  for (const Instant at : instants) copies.push_back({at, NameOfCopy(staging, plan_digest, at)});
  return copies;
}

Result<Planned> ReadPlan(const Connection& connection, const model::Plan& plan,
                         const std::string& plan_digest, const Table& today) {
  if (plan.table.uri != UriOf(connection.table)) {
    return Fail(Code::kRefused, "the plan is for another table", plan.table.uri);
  }
  Planned planned;
  planned.by_name = plan.pins.by_name;
  planned.looked_at = InstantOfMillis(plan.state.version);
  planned.table_is_gone = IsOfDeletedTable(plan);
  SALVOR_TRY(planned.staging, ParseDatasetName(plan.staging_root));
  planned.partitions = model::ToRestore(plan);
  SALVOR_OK(CheckModes(planned.partitions, plan));
  for (const model::PlannedPartition* one : planned.partitions) {
    std::string id;
    if (!planned.table_is_gone) {
      SALVOR_TRY(id, PartitionIdOf(today, one->key));
    }
    planned.ids.push_back(std::move(id));
  }
  SALVOR_TRY(planned.copies, CopyNamesOf(plan, plan_digest));
  return planned;
}

Result<PartitionFilter> FilterOf(const Planned& planned, const Table& today) {
  return planned.table_is_gone ? PartitionFilter::MakeWhole(today.partitioning, today.fields)
                               : PartitionFilter::Make(today.partitioning, today.fields);
}

JobRef JobOf(const model::Plan& plan, const std::string& plan_digest, std::string_view step,
             std::string_view part, int attempt) {
  return {plan.pins.job_project, plan.pins.location, JobIdOf(plan_digest, step, part, attempt)};
}

}  // namespace salvor::bigquery
