// A plan in the service's words: which partitions, in which private copies, under which job ids.
// What stands here follows from the plan's bytes alone, so that every run, on any machine, finds
// what an earlier one made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/rest/table_name.h"
#include "bigquery/sql/partition_filter.h"
#include "model/plan.h"

namespace salvor::bigquery {

// kRefused unless the endpoint, the project of the jobs and (where it is known) the location are
// those that the plan pins: job ids are taken per project and location, so another one would do the
// work a second time.
Status CheckPins(const Connection& connection, const model::Plan& plan);

// One private copy for each instant that the plan needs.
struct CopyName {
  Instant at;
  TableName table;
};

// The copies that the plan needs, by instant.
Result<std::vector<CopyName>> CopyNamesOf(const model::Plan& plan, const std::string& plan_digest);

struct Planned {
  DatasetName staging;
  std::vector<const model::PlannedPartition*> partitions;  // ToRestore(plan), in order
  std::vector<std::string> ids;                            // theirs
  std::vector<CopyName> copies;                            // by instant
  bool table_is_gone = false;  // a deleted table: one partition, the whole

  // The copy that the rows of partition `index` come from.
  [[nodiscard]] const TableName& CopyOf(size_t index) const;
  // The copy of the table as it was when the plan was made, for undo; nullptr where no partition
  // had rows then.
  [[nodiscard]] const TableName* Before() const;
  // By a query by column name rather than by a copy job: asked for in the plan, a partition that
  // has rows, one that cannot be the destination of a copy, or a deleted table.
  [[nodiscard]] bool ByQuery(size_t index) const;

  bool by_name = false;
  Instant looked_at;
};

// kRefused for another table's plan, kInvalidArgument for a staging root that is no
// PROJECT.DATASET, kUnsupported for a mode that this engine does not have (taking an event back
// inside a partition). `today` is the table as it is; for a deleted one, as the plan's definition
// has it.
Result<Planned> ReadPlan(const Connection& connection, const model::Plan& plan,
                         const std::string& plan_digest, const Table& today);

// A filter for the plan's ids on the table today (or on a copy of it).
Result<PartitionFilter> FilterOf(const Planned& planned, const Table& today);

// A job of salvor's for this plan.
JobRef JobOf(const model::Plan& plan, const std::string& plan_digest, std::string_view step,
             std::string_view part, int attempt);

}  // namespace salvor::bigquery
