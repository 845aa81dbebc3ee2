// A table that is not there any more: it cannot be queried, only copied from table@instant.
#pragma once

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/inventory.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// One partition without columns: the whole table. When it went is read from the jobs (DROP TABLE);
// else a person names an instant at which it was there (--as-of). kNotFound if nobody can say that
// there was such a table, or when it went, with the advice to name an instant.
Result<model::Inventory> LookAtDeleted(const Connection& connection, const Dataset& dataset,
                                       const warehouse::LookRequest& request);

}  // namespace salvor::bigquery
