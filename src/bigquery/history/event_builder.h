// From losses and jobs to events and partition records. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/survey.h"
#include "bigquery/rest/client.h"
#include "model/inventory.h"

namespace salvor::bigquery {

struct StoryRequest {
  const Table& table;
  const Dataset& dataset;
  const Survey& survey;
  const TableJobs& jobs;
  int64_t now = 0;
};

// The events (with their changes) and the partitions of an inventory. An event without a job to its
// name, at an instant at which the table's partition expiration is due for all that it emptied, is
// expiry. Who and what is unknown where no job fits, or more than one.
Status TellStory(const StoryRequest& request, model::Inventory& inventory);

}  // namespace salvor::bigquery
