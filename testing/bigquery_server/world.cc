#include "testing/bigquery_server/world.h"

#include <algorithm>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"

namespace salvor::testing::bigquery {

namespace {

Status RunJob(World& world, Job& job) {
  if (job.error) return Fail(*job.error);  // cancelled before it began
  try {
    if (job.kind == "copy") return RunCopy(world, job, job.ends_ms);
    if (job.kind == "load") return RunLoad(world, job, job.ends_ms);
    return RunQuery(world, job, job.ends_ms);
  } catch (const nlohmann::json::exception& error) {
    return Refuse("invalid", std::string("Invalid job configuration: ") + error.what());
  }
}

// A quota over a sliding span of time.
Status Spend(std::vector<int64_t>& spent, int64_t at_ms, int64_t most, int64_t span_ms,
             std::string_view reason, const std::string& message) {
  const auto recent =
      std::count_if(spent.begin(), spent.end(), [&](int64_t at) { return at > at_ms - span_ms; });
  if (most > 0 && recent >= most) return Refuse(reason, message);
  return Done{};
}

}  // namespace

Status SpendPartitionUpdate(World& world, const Table& table, int64_t at_ms) {
  auto& spent = world.partition_updates[table.name];
  std::erase_if(spent, [&](int64_t at) { return at <= at_ms - kDayMs; });
  const int64_t per_day = table.partitioning.ByIngestion()
                              ? world.quotas.ingestion_partition_updates_per_day
                              : world.quotas.partition_updates_per_day;
  SALVOR_OK(Spend(spent, at_ms, per_day, kDayMs, "quotaExceeded",
                  "Quota exceeded: Your table exceeded quota for Number of partition "
                  "modifications to a column partitioned table"));
  const bool plain = world.silences.Is("partition-quota-reason", "rateLimitExceeded");
  SALVOR_OK(Spend(spent, at_ms, world.quotas.partition_updates_per_10s, 10'000,
                  plain ? "rateLimitExceeded" : "jobRateLimitExceeded",
                  "Exceeded rate limits: too many partitioned table update operations for this "
                  "table"));
  spent.push_back(at_ms);
  return Done{};
}

Status CheckPartitionsOf(World& world, const Table& table) {
  const int64_t most = world.quotas.partitions_per_table;
  if (most == 0 || table.partitioning.kind == Partitioning::Kind::kNone) return Done{};
  SALVOR_TRY(const int64_t live, world.store.rows().LivePartitions(table));
  if (live <= most) return Done{};
  return Refuse("invalid", "Too many partitions: " + table.name.Text() + " may have " +
                               std::to_string(most) + ", and would have " + std::to_string(live));
}

Status RefuseAstray(World& world, const Table& table, const std::string& partition, int64_t at_ms) {
  SALVOR_TRY(const int64_t astray, world.store.rows().CountOutside(table, partition, at_ms));
  if (astray == 0) return Done{};
  return Refuse(
      "invalid",
      "Some rows belong to different partitions rather than destination partition " + partition);
}

Status RegisterLanguage(World& world) {
  SALVOR_TRY(const duckdb_connection connection, world.store.rows().duck().Connection());
  return RegisterFunctions(connection);
}

Status World::CatchUp() {
  while (Job* job = jobs.TakeDue(clock.NowMs())) {
    const int64_t before = clock.LastCommit();
    const Status status = RunJob(*this, *job);
    // A job has not ended before what it wrote is there.
    if (clock.LastCommit() > before) job->ends_ms = std::max(job->ends_ms, clock.LastCommit());
    if (!status) job->error = status.error();
    job->done = true;
  }
  return store.Settle();
}

}  // namespace salvor::testing::bigquery
