// A BigQuery table behind the warehouse seam.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"
#include "io/clock.h"
#include "warehouse/engine.h"
#include "warehouse/progress.h"

namespace salvor::bigquery {

// Enough for one historical look at the partition column of a table with 100 million rows.
inline constexpr int64_t kMaxBytesBilled = int64_t{1} << 30U;

struct EngineOptions {
  std::string table;             // "bigquery:project.dataset.table"
  std::string job_project = {};  // where salvor's jobs run; empty: the table's project
  std::vector<std::string> jobs_projects = {};  // where else to look for who did it
  int64_t max_bytes_billed = kMaxBytesBilled;   // of the queries of one command together
  bool by_name = false;                         // as model::Pins say it
  bool allow_unchecked_iam = false;
  std::string definition = {};  // of a deleted table, where a person has it
  bool fingerprints = false;    // a proof compares the rows of every partition
};

// Asks the service nothing yet. The borrowed arguments must outlive the engine.
Result<std::unique_ptr<warehouse::Engine>> MakeEngine(Api& api, const io::Clock& clock,
                                                      warehouse::Progress& progress,
                                                      const EngineOptions& options);

}  // namespace salvor::bigquery
