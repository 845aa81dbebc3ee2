// What became of a plan's jobs, by their ids: the service's own memory of what was done. Asks only;
// a job that still runs is waited for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {

// The planned partitions that this plan's apply has written.
struct Written {
  std::vector<size_t> done;     // indices into ToRestore(plan), ascending
  std::map<size_t, Job> jobs;   // theirs, where they could be read
  std::optional<Instant> last;  // when the last of them ended
  std::optional<Job> undone;    // the job that took them back, or the last of several
  std::vector<size_t> left;     // those of `done` that undo has not taken back
  int next_undo = 1;            // the number of an attempt at undo that may be made now
};
// A job that may not be read is judged by its work: the partition is compared row by row with the
// private copy, and counts as written if they are equal; else kOutcomeUnknown.
Result<Written> FindWritten(const OpenedPlan& opened);

// The number of rows per side of these partitions, exactly; one for each of `which`, in its order.
struct RowRelation {
  int64_t staged = 0;
  int64_t present = 0;
  int64_t common = 0;
};
// Billed as queries that look are (Spending), one for each private copy.
Result<std::vector<RowRelation>> CompareRows(const OpenedPlan& opened,
                                             const std::vector<size_t>& which);

// The partitions of one private copy against the table's: what CompareRows asks.
Result<Comparison> ComparisonOf(const Planned& planned, const Table& today, const Table& copy,
                                const std::vector<size_t>& which);

}  // namespace salvor::bigquery
