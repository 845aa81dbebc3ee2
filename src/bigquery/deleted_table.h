// A table that is not there any more: it cannot be queried, only copied from table@instant.
#pragma once

#include <optional>

#include "base/result.h"
#include "bigquery/connection.h"
#include "model/examination.h"
#include "model/inventory.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// One partition without columns: the whole table. When it went is read from the jobs, or found by
// asking for the table at instants where the service answers that for a deleted table. kNotFound
// if nobody can say that there was such a table, with the advice to name an instant.
Result<model::Inventory> LookAtDeleted(const Connection& connection, const Dataset& dataset,
                                       const warehouse::LookRequest& request);

Result<warehouse::Examination> ExamineDeleted(const Connection& connection, const Dataset& dataset,
                                              const std::vector<warehouse::Wanted>& wanted);

}  // namespace salvor::bigquery
