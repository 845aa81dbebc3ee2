// Row counts from the footers of Parquet files: of files whose log entries lack them. Nothing is
// kept; may be called again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/files/table_files.h"

namespace salvor::delta {

// The rows that each file's footer counts, in order of `paths` (local paths); nothing where the
// file is gone. kCorrupt, with its path, for one that is no Parquet file.
Result<std::vector<std::optional<int64_t>>> CountAllFooterRows(
    const TableFiles& fs, const std::vector<std::string>& paths);

// The same; nothing also where the file is no Parquet file.
Result<std::vector<std::optional<int64_t>>> CountFooterRows(const TableFiles& fs,
                                                            const std::vector<std::string>& paths);

}  // namespace salvor::delta
