// Whether a path lies inside a table.
#pragma once

#include <string>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

// The nearest folder with a log that `path` is, or lies below, links resolved; empty if none. Of a
// path that is not there yet, what is there of it counts. What lies in a table's folder and is none
// of its files is VACUUM's to delete.
Result<std::string> TableAround(const io::FsReader& fs, const std::string& path);

}  // namespace salvor::delta
