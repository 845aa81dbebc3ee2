// Row counts of files whose log entries lack them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

// The rows that each Parquet file's footer counts, in order of `paths` (local paths); nothing where
// the file is gone or is no Parquet file.
Result<std::vector<std::optional<int64_t>>> CountFooterRows(const io::FsReader& fs,
                                                            const std::vector<std::string>& paths);

}  // namespace salvor::delta
