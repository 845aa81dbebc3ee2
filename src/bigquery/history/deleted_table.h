// A table that is not there any more: it cannot be queried, only copied from table@instant.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/inventory.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// The table as it was at that instant in milliseconds since 1970, where the service answers that
// for one that was deleted; nothing where it does not.
Result<std::optional<Table>> DeletedTableAt(const Connection& connection, int64_t at);

// One partition without columns: the whole table. When it went is read from the jobs, or found by
// asking for the table at instants where the service answers that for a deleted table. kNotFound
// if nobody can say that there was such a table, with the advice to name an instant.
Result<model::Inventory> LookAtDeleted(const Connection& connection, const Dataset& dataset,
                                       const warehouse::LookRequest& request);

}  // namespace salvor::bigquery
