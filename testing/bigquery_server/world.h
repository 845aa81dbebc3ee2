// Everything that the server holds, behind one lock: handlers run one at a time, and what time did
// by itself (jobs that came to their end, expiry, the buffer's flush) is caught up with before
// each.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/bigquery_server/access/authority.h"
#include "testing/bigquery_server/faults.h"
#include "testing/bigquery_server/jobs/job.h"
#include "testing/bigquery_server/silences.h"
#include "testing/bigquery_server/store/store.h"

namespace salvor::testing::bigquery {

// How long jobs take, from their insertion to their effect.
struct Durations {
  int64_t copy_ms = 0;
  int64_t load_ms = 0;
  int64_t query_ms = 0;
};

// 0: none. Source: bigquery/quotas.
struct Quotas {
  int64_t partition_updates_per_10s = 50;
  int64_t partition_updates_per_day = 30'000;
  int64_t ingestion_partition_updates_per_day = 11'000;
  int64_t copy_jobs_per_day = 100'000;
  int64_t partitions_per_table = 10'000;
  int64_t partitions_per_query = 4'000;
};

// What was spent since the last reset, for benches.
struct Meters {
  int64_t bytes_processed = 0;
  int64_t bytes_billed = 0;
  int64_t copy_jobs = 0;
  int64_t query_jobs = 0;
  int64_t load_jobs = 0;
  std::map<std::string, int64_t> requests;  // "tables.get" -> how many
  std::map<std::string, int64_t> statuses;  // "200" -> how many
};

struct World {
  explicit World(const io::Clock& system_clock) : clock(system_clock) {}

  std::mutex mutex;
  ServerClock clock;
  Silences silences;
  Store store{clock, silences};
  Authority authority{store};
  JobLedger jobs;
  Faults faults;
  Durations durations;
  Quotas quotas;
  bool demands_key = false;  // an organization's policy: a query job without a key is refused
  Meters meters;
  // Instants of partition updates, by table; of copy jobs, by project. For the quotas.
  std::map<TableName, std::vector<int64_t>> partition_updates;
  std::map<std::string, std::vector<int64_t>> copy_inserts;
  std::map<std::string, Json> uploads;  // resumable: session -> {configuration, bytes so far}
  // jobs.query with a requestId seen before attaches to its job: {id -> job id}.
  std::map<std::string, std::string> query_requests;
  int64_t aborted_commits = 0;  // so many are still to be aborted, as if by another writer
  int64_t next_upload = 1;
  int64_t next_job = 1;

  // Runs what is due, in the order of its instants. Errors of jobs stay with the jobs.
  Status CatchUp();
};

// The functions that GoogleSQL has and DuckDB lacks: once, before the first statement.
Status RegisterLanguage(World& world);

}  // namespace salvor::testing::bigquery
