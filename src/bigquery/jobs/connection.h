// What every part of the room borrows: the service, the table, and where jobs run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bigquery/jobs/known_counts.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/rest/client.h"
#include "bigquery/rest/table_name.h"
#include "io/clock.h"
#include "warehouse/progress.h"

namespace salvor::bigquery {

struct Connection {
  Api& api;
  const io::Clock& clock;
  warehouse::Progress& progress;
  TableName table;
  std::string job_project;                 // where salvor's own jobs run
  std::vector<std::string> jobs_projects;  // where to look for who did it, beside the table's own
  int64_t max_bytes_billed = 0;            // for one query
  std::shared_ptr<Spending> spending;      // of all queries that look, in one command together
  bool by_name = false;                    // as model::Pins say it
  bool allow_unchecked_iam = false;
  std::string definition = {};
  bool fingerprints = false;  // a proof compares the rows of every partition
  std::shared_ptr<KnownCounts> known = std::make_shared<KnownCounts>();
  // The table's own, for query jobs: a policy may demand one. Set before the first.
  std::shared_ptr<std::string> kms_key = std::make_shared<std::string>();
};

}  // namespace salvor::bigquery
