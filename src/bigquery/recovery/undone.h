// What undo has taken back, by its jobs. It is one job as a rule; more where apply was still
// running elsewhere, and wrote partitions that the first did not know of. Asks only; a job that
// still runs is waited for.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"

namespace salvor::bigquery {

struct Undone {
  std::optional<Job> job;     // the last that took something back
  std::vector<size_t> taken;  // by any of them; indices into ToRestore(plan), ascending
  int next = 1;               // the number of an attempt that may be made now
};
// By the text of each job, which names the partitions that it asserts: another job under the id of
// undo has taken nothing back. kPermission if somebody else's job may not be read, kOutcomeUnknown
// if one cannot be asked.
Result<Undone> FindUndone(const OpenedPlan& opened);

// Those of `written` that are not in `taken`; both ascending.
std::vector<size_t> NotTaken(const std::vector<size_t>& written, const std::vector<size_t>& taken);

}  // namespace salvor::bigquery
