// A Delta table and what reads it, for the functions behind the reader. All is borrowed.
#pragma once

#include "delta/duckdb/database.h"
#include "delta/table/table_log.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

struct TableAccess {
  const io::FsReader& fs;
  Log& log;
  Duck& duck;
  warehouse::Progress& progress;
};

}  // namespace salvor::delta
