// Until when removed files can be read: until a VACUUM may take them, or log cleanup the version
// that names them. facts: PROTOCOL.md, "Reader Requirements for tombstones"; Spark's defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/action.h"
#include "delta/log.h"

namespace salvor::delta {

struct Deadline {
  std::optional<Instant> at;
  std::string reason;
};

// For a set of files, each list live together at `snapshot`; in order. Nothing for files that are
// all live still.
Result<std::vector<Deadline>> DeadlinesOf(Log& log, const Head& today, int64_t snapshot,
                                          const std::vector<const std::vector<AddFile>*>& lists,
                                          const std::vector<const std::vector<AddFile>*>& live);

}  // namespace salvor::delta
