// Until when the planned files can be read (retention.h), found by walking the log.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/table/retention.h"
#include "delta/table/table_log.h"

namespace salvor::delta {

// For a set of files, each list live together at `snapshot`; in order. Nothing for files that are
// all live still.
Result<std::vector<Deadline>> DeadlinesOf(Log& log, const TableHead& today, int64_t snapshot,
                                          const std::vector<const std::vector<AddFile>*>& lists,
                                          const std::vector<const std::vector<AddFile>*>& live);

}  // namespace salvor::delta
