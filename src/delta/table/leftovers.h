// What a log and a table's folders still show of times that the log no longer tells. It is named,
// and nothing is concluded from it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/log/disk_files.h"
#include "delta/log/replay.h"

namespace salvor::delta {

// Notes on the tombstones of the checkpoint that the replay began with, and on data files that
// nothing names that was replayed. `replay` must have been all that the log holds, with `disk`.
Result<std::vector<std::string>> NoteLeftovers(const TableFiles& fs, Duck& duck,
                                               const ReplayPlan& plan, DiskFiles& disk);

}  // namespace salvor::delta
