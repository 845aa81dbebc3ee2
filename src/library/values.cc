#include "library/values.h"

#include <utility>

namespace salvor {

std::string_view NameOf(Health health) {
  return model::HealthName(static_cast<model::Health>(health));
}

std::string_view NameOf(Disposition disposition) {
  return model::DispositionName(static_cast<model::Disposition>(disposition));
}

namespace library {
namespace {

// The library's lists are the house's, in the same order.
static_assert(static_cast<int>(Health::kMissing) == static_cast<int>(model::Health::kMissing));
static_assert(static_cast<int>(Health::kExpired) == static_cast<int>(model::Health::kExpired));
static_assert(static_cast<int>(Disposition::kReview) ==
              static_cast<int>(model::Disposition::kReview));

Health HealthOf(model::Health health) { return static_cast<Health>(health); }

std::vector<Column> ColumnsOf(const std::vector<model::PartitionColumn>& columns) {
  std::vector<Column> told;
  told.reserve(columns.size());
  for (const model::PartitionColumn& one : columns) {
    told.push_back({one.name, std::string(model::ColumnTypeName(one.type))});
  }
  return told;
}

Partition PartitionOf(const std::vector<model::PartitionColumn>& columns,
                      const model::PartitionKey& key) {
  return {key.values, model::FormatKey(columns, key)};
}

Amount AmountOf(const model::Tally& tally) { return {tally.rows, tally.bytes, tally.files}; }

PartitionHealth HealthOf(const std::vector<model::PartitionColumn>& columns,
                         const model::Finding& finding) {
  PartitionHealth told;
  told.partition = PartitionOf(columns, finding.key);
  told.health = HealthOf(finding.health);
  told.now = AmountOf(finding.now);
  told.before = AmountOf(finding.before);
  told.recoverable = finding.recoverable;
  told.refusal = finding.refusal;
  told.deadline = finding.deadline;
  for (const model::Doubt& doubt : finding.doubts) told.doubts.push_back(doubt.text);
  return told;
}

}  // namespace

Inventory InventoryOf(const model::Inventory& inventory, const model::Assessment& assessment) {
  Inventory told;
  told.table = inventory.table.uri;
  told.name = inventory.table.name;
  told.version = inventory.version;
  told.at = inventory.at;
  told.since = inventory.window.first_at;
  told.compared = assessment.compared;
  told.columns = ColumnsOf(inventory.columns);
  told.partitions.reserve(assessment.findings.size());
  for (const model::Finding& finding : assessment.findings) {
    told.partitions.push_back(HealthOf(inventory.columns, finding));
  }
  told.missing = assessment.missing;
  told.broken = assessment.broken;
  told.recoverable = assessment.missing_recoverable;
  told.notes = inventory.notes;
  return told;
}

Plan PlanOf(const model::Plan& plan, std::vector<std::string> notes) {
  Plan told;
  told.json = model::FormatPlan(plan);
  told.digest = model::PlanDigest(told.json);
  told.table = plan.table.uri;
  told.name = plan.table.name;
  told.columns = ColumnsOf(plan.columns);
  told.partitions.reserve(plan.partitions.size());
  for (const model::PlannedPartition& one : plan.partitions) {
    told.partitions.push_back({PartitionOf(plan.columns, one.key),
                               static_cast<Disposition>(one.disposition), one.reason, one.now.rows,
                               one.restore.rows, model::RowsTakenOut(one), one.deadline});
  }
  told.restores = static_cast<int64_t>(model::ToRestore(plan).size());
  told.approvals = plan.review.approvals;
  told.staging = plan.staging_root;
  told.warnings = plan.warnings;
  told.notes = std::move(notes);
  return told;
}

Proof ProofOf(const model::Proof& proof) {
  Proof told;
  told.proven = proof.proven;
  told.version = proof.version;
  told.partitions.reserve(proof.partitions.size());
  for (const model::PartitionProof& one : proof.partitions) {
    told.partitions.push_back({PartitionOf(proof.columns, one.key), one.proven, one.planned_rows,
                               one.staged.rows, one.restored.rows, one.problem});
  }
  told.changed_since = proof.changed_since;
  told.json = model::FormatProof(proof);
  return told;
}

recovery::PlanRequest RequestOf(const PlanRequest& request) {
  return {.since = request.since,
          .event = request.event,
          .version = request.version,
          .as_of = request.as_of,
          .latest = request.latest,
          .partitions = request.partitions,
          .replace = request.replace,
          .include_partial = request.include_partial,
          .include_changed = request.include_changed};
}

}  // namespace library
}  // namespace salvor
