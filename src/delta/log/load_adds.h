// The whole `add` of files that somebody wants, read again by their places.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/log/live_files.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"

namespace salvor::delta {

struct Place {
  uint32_t source = 0;  // into the sources
  int64_t place = 0;    // as in FileAction
};

// The adds at these places, in their order. kCorrupt if a place no longer holds an add. `head`
// tells the types that stats are rebuilt by where a checkpoint keeps them only in columns.
// kEssential: without `raw`.
Result<std::vector<AddFile>> LoadAdds(const TableFiles& fs, Duck& duck, const TableHead& head,
                                      const std::vector<LogSource>& sources,
                                      const std::vector<Place>& places, AddDetail detail);

}  // namespace salvor::delta
