// INFORMATION_SCHEMA.JOBS. Source: bigquery/docs/information-schema-jobs.
#pragma once

#include <vector>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/jobs/job.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

std::vector<Field> FieldsOfJobsView();
// The jobs of the project in that region during the last 180 days; all of them (JOBS,
// JOBS_BY_PROJECT: bigquery.jobs.listAll) or the caller's own (JOBS_BY_USER).
Result<std::vector<Json>> RowsOfJobsView(World& world, const Job& job, const TablePath& path);

}  // namespace salvor::testing::bigquery
