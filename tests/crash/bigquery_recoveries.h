// Recoveries on the strict BigQuery server, each from the same state: for the sweeps that lose
// replies and stop machines.
#pragma once

#include <memory>

#include "tests/contract/bigquery_scene.h"
#include "tests/crash/crash_sweep.h"

namespace salvor::crash {

class BigQueryRecovery : public Scene {
 public:
  virtual contract::BigQueryScene& World() = 0;
};
using BigQueryRecoveryFactory = std::function<std::unique_ptr<BigQueryRecovery>()>;

// What is lost, and how it comes back.
enum class Lost {
  kWholeDays,     // two days by copy jobs, and the rows without a day by a query
  kPartsOfDays,   // a day that lost some of its rows: replaced, in a transaction
  kBeforeColumn,  // two days, and a column was added since: by name
  kTable,         // the table itself; the service's copy of it loses its partitions
};
// How it ends: verify and clean, or undo and clean without a proof.
enum class Ending { kProven, kUndone };

// persist, apply, and the commands of the ending.
BigQueryRecoveryFactory MakeBigQueryRecovery(Lost lost, Ending ending);

}  // namespace salvor::crash
