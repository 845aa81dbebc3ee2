// Looking at a table's past for as little as possible, without overlooking a loss: every row that
// the table had at the instants that are looked at must be found in a partition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/row_drops.h"
#include "bigquery/history/time_travel.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

struct SurveyRequest {
  const Table& table;
  const Holdings& holdings;
  const std::vector<TableJob>& jobs;
  int64_t first = 0;  // the window
  int64_t now = 0;
};

struct Survey {
  // Each partition that held rows in the window, at the first instant, now, and between them
  // wherever something was found out.
  Timelines timelines;
  std::vector<Drop> drops;
  std::vector<int64_t> instants;      // at which all rows were accounted for
  std::map<int64_t, int64_t> totals;  // the table's rows at both ends of each drop, where known
};

// How long partitions must have been there to be seen, in milliseconds: the table's rows are
// counted as often as that, besides before and after each job that may have removed some.
int64_t PauseOf(int64_t first, int64_t now);

// Asks first about the partitions that changed since the window began, then, while rows are
// unaccounted for, about those that lie between and beside the present ones, and last about every
// partition. kRefused if rows remain that nobody knows the partition of: a look that failed is no
// "nothing was lost".
Result<Survey> LookAtPast(Past& past, const SurveyRequest& request, warehouse::Progress& progress);

}  // namespace salvor::bigquery
