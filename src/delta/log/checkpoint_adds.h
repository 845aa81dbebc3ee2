// The adds of a Parquet file of a checkpoint, streamed: only the columns that decisions need.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/log/checkpoint.h"
#include "delta/log/line_scanner.h"
#include "delta/log/partition_values.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

// Calls `take` with some thousand adds at a time, in no order and from DuckDB's threads, but never
// from two at once; it may keep the lines and must not run statements. Their `place` is the row's
// number in the file. kCorrupt (with the file) for a row that cannot be an add.
Status StreamCheckpointAdds(Duck& duck, const CheckpointFile& file, const std::string& table_root,
                            PartitionValuesPool& pool,
                            const std::function<Status(ScannedLines&)>& take);

// Calls `take` with the number of each row that `filter`, a condition in SQL, lets through and that
// has an add, in no order and from DuckDB's threads, several at once; `make` reads the row's add,
// without `raw`. Errors as above.
using MakeEssentialAdd = std::function<Result<AddFile>()>;
Status StreamEssentialAdds(Duck& duck, const CheckpointFile& file, const std::string& filter,
                           const std::function<Status(int64_t, const MakeEssentialAdd&)>& take);

// Only which files the adds name: a fraction of the work.
Result<KeySum> SumCheckpointKeys(Duck& duck, const CheckpointFile& file);

}  // namespace salvor::delta
