// The INFORMATION_SCHEMA views that salvor and its judges read, made when they are asked for.
// Source: bigquery/docs/information-schema-intro and its pages per view.
#pragma once

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/jobs/job.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

// PARTITIONS, TABLES, COLUMNS, TABLE_OPTIONS, TABLE_SNAPSHOTS of a dataset; JOBS, JOBS_BY_PROJECT
// and JOBS_BY_USER of a region. accessDenied where the caller may not see them, notFound for
// others.
Result<Relation> ResolveInformationSchema(World& world, const Job& job, const TablePath& path);

}  // namespace salvor::testing::bigquery
