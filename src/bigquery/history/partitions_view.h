// What the service says that a table holds now: where to look, and for what it is known by.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/inventory.h"

namespace salvor::bigquery {

struct PresentPartition {
  model::Tally tally;
  Instant modified;
};

struct Holdings {
  std::map<std::string, PresentPartition> partitions;  // by id; "" for a table without partitions
  Instant at;                                          // by the service's clock where it says so
};

// What is asked of the view; @table is the table's name.
std::string PartitionsStatement(const DatasetName& dataset);

// From INFORMATION_SCHEMA.PARTITIONS (10 MB billed), or for a table without partitions from its own
// metadata. Rows in the streaming buffer are not counted.
Result<Holdings> ReadHoldings(const Connection& connection, const Table& table);

}  // namespace salvor::bigquery
