// Live files that are not there, or not as long as the log says: nobody can read their partitions.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/log/disk_files.h"
#include "delta/log/history.h"
#include "delta/log/replay.h"

namespace salvor::delta {

// What was seen beside: no damage, and worth a note.
struct LiveFilesSeen {
  int64_t elsewhere = 0;     // on other file systems, or named by "..": not looked for
  int64_t without_size = 0;  // there, while the log says that they are empty
};

// Compares the live files of `history` with what lies on the disk, fills Partition::broken, and
// marks what is live on the disk.
Result<LiveFilesSeen> FindDamage(const TableFiles& fs, Duck& duck, DiskFiles& disk,
                                 const Replay& replay, History& history);

}  // namespace salvor::delta
