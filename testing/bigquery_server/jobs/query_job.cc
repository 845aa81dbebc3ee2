#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"

namespace salvor::testing::bigquery {

Status RunQuery(World&, Job&, int64_t) { return Refuse("notImplemented", "no queries yet"); }
Status DryRunQuery(World&, Job&) { return Refuse("notImplemented", "no queries yet"); }

}  // namespace salvor::testing::bigquery
