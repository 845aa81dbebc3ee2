// What a table holds now, and how far back it can be read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/history/time_travel.h"
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

// Which instants can be read.
struct Reach {
  Instant first;       // the earliest that will be asked about
  Millis span{0};      // how long the past of this dataset stays readable
  bool whole = false;  // nothing older can be read, since there was no table
  std::string reason;
};

// Asks the service. kUnsupported if its answers about the past cannot be trusted, since it also
// answers for instants that time travel cannot reach.
Result<Reach> FindReach(Past& past, const Table& table, const Dataset& dataset, Instant now,
                        std::optional<Instant> since);

// What the dataset's window says, where the service cannot be asked.
Reach ReachUnasked(const Table& table, const Dataset& dataset, Instant now,
                   std::optional<Instant> since);

// After it the rows of that instant can no longer be read.
Instant DeadlineOf(int64_t snapshot, const Dataset& dataset);
std::string DeadlineReason(const Dataset& dataset);

}  // namespace salvor::bigquery
