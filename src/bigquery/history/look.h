// What is there, and what happened to it. Changes nothing; may be called again.
#pragma once

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/inventory.h"
#include "warehouse/table_reader.h"

namespace salvor::bigquery {

// As TableReader::Look, but for `gone`, which is the engine's word. kNotFound without the dataset.
Result<model::Inventory> ReadInventory(const Connection& connection,
                                       const warehouse::LookRequest& request);

// As TableReader::VersionAsOf: by the service's clock.
Result<model::SnapshotRef> VersionAsOf(const Connection& connection, Instant instant);

}  // namespace salvor::bigquery
