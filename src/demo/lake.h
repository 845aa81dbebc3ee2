// A lake on this machine with one Delta table and an incident in its past, for `salvor demo` and
// for tests. The rows are Parquet files that DuckDB writes; the log is written here, by
// PROTOCOL.md: protocol (1, 2), no features, statistics for each file, commit times in the files'
// mtimes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "demo/history.h"
#include "io/fs.h"

namespace salvor::demo {

struct Lake {
  std::string table;  // below the folder that was given
  History history;
  int64_t rows = 0;       // of the whole table
  int64_t lost_days = 0;  // of these the table has lost
  int64_t lost_rows = 0;
};

// Builds FOLDER/lake/contextual_services_derived/event_aggregates_v1; FOLDER is made if its parent
// exists. kRefused if there is anything in it. A failure may leave a part of the lake behind, and
// the next call then refuses. Not meant to survive a power cut.
Result<Lake> BuildLake(io::Fs& fs, Instant now, const std::string& folder);

}  // namespace salvor::demo
