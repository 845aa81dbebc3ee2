// What of a table must not move between plan and apply, and what today's table may not take.
#pragma once

#include <string>
#include <vector>

#include "bigquery/rest/client.h"
#include "model/inventory.h"
#include "model/plan.h"

namespace salvor::bigquery {

// The name of a table is given anew after a drop; the instant of its creation is not.
model::TableIdentity IdentityOf(const Table& table);
model::TableIdentity IdentityOfDeleted(const TableName& name);

// Digests of schema (names, types, modes, in order), layout (partitioning without its expiration,
// clustering), constraints (keys, and whether queries need a partition filter), and protocol (kind,
// policies, key, tags, expiration).
model::TableState StateOf(const Table& table, const std::vector<std::string>& row_policies,
                          int64_t version);

model::TableState StateOfDeleted(int64_t version);

// Why salvor does not work on such a table at all, by name; "" if it does: views, external and
// Iceberg tables, snapshots, day shards, change data capture, replicas.
std::string WhyNotLookedAt(const Table& table);

// Why nothing may be put back into this table, by name; "" if it may: row-access policies, policy
// tags and data policies on columns.
std::string WhyNotWritten(const Table& table, const std::vector<std::string>& row_policies);

// The same partitions; their expiration does not count.
bool SamePartitions(const Partitioning& a, const Partitioning& b);

}  // namespace salvor::bigquery
