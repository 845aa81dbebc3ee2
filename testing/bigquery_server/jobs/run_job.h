// What jobs do when they come to their end. Each runs inside one change of the store, fills in the
// job's statistics, and answers with the error that becomes the job's errorResult.
#pragma once

#include <string>

#include "testing/bigquery_server/jobs/job.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

// Source: bigquery/docs/managing-tables#copy-table, table-snapshots-*, table-clones-*.
Status RunCopy(World& world, Job& job, int64_t at_ms);
// JSON lines. Source: bigquery/docs/loading-data-cloud-storage-json.
Status RunLoad(World& world, Job& job, int64_t at_ms);
// Statements and scripts.
Status RunQuery(World& world, Job& job, int64_t at_ms);

// What a query would read and give, without running it: statistics and schema in the job.
Status DryRunQuery(World& world, Job& job);

// Counts one modification of a partition against the table's quotas; jobRateLimitExceeded or
// quotaExceeded past them.
Status SpendPartitionUpdate(World& world, const Table& table, int64_t at_ms);

// After a write: "Partitioned tables", at most so many partitions in a table.
Status CheckPartitionsOf(World& world, const Table& table);

// 400 if rows that were written to this partition at that instant belong to others by their values.
Status RefuseAstray(World& world, const Table& table, const std::string& partition, int64_t at_ms);

// Shared by what writes a destination: "WRITE_EMPTY" and its like; 400 for another word.
Status CheckDisposition(const std::string& write, const std::string& create);

// A clone, snapshot, copy or restored table of what was seen, with its rows, made as `name`.
// `columns` and rows are those of the slice; partitioning and clustering come along if
// `keep_layout`.
Result<Table*> MakeCopyOf(World& world, const Table& source, const Slice& slice,
                          const TableName& name, const std::string& operation, const Json& body,
                          bool keep_layout, bool replace, int64_t at_ms);

}  // namespace salvor::testing::bigquery
