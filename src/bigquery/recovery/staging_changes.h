// Whether somebody changed a private copy after persist had verified it. A clone is an ordinary
// table: who may write to the staging dataset may write to it, and what is put back comes from it.
#pragma once

#include <vector>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"
#include "warehouse/staging_store.h"

namespace salvor::bigquery {

// A copy by its metadata; `modified` is its lastModifiedTime.
warehouse::CopySeen SeenOf(const Table& copy);

// As StagingStore::CheckUnchanged. A copy that is not there is passed over. Without a record only
// the rows of each planned partition are counted. Labels, expirations and the service's own doings
// change lastModifiedTime too, so that it alone refuses nothing: the rows of the planned partitions
// are then compared with those of the copy at the recorded time, or with the table at the snapshot.
Result<std::vector<warehouse::CopySeen>> CheckCopies(const OpenedPlan& opened,
                                                     const std::vector<warehouse::CopySeen>& seen);

}  // namespace salvor::bigquery
