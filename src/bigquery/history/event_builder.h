// From losses and jobs to events and partition records. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/losses.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/table_changes.h"
#include "bigquery/rest/client.h"
#include "model/inventory.h"

namespace salvor::bigquery {

struct StoryRequest {
  const Table& table;
  const Dataset& dataset;
  const Timelines& timelines;                // by counts
  const std::map<int64_t, int64_t>& totals;  // of the table, at the instants that counted all of it
  const Holdings& holdings;
  const TableJobs& jobs;
  const std::vector<TableChange>& changes;
  int64_t now = 0;
};

// The events (with their changes) and the partitions of an inventory. An event of partitions that
// were due by the table's expiration, and that no job can have taken, is expiry. Who and what is
// unknown where no change fits, or more than one; the candidates are listed.
Status TellStory(const StoryRequest& request, model::Inventory& inventory);

}  // namespace salvor::bigquery
