// What DuckDB's messages mean in the house's codes.
#pragma once

#include <string_view>

#include "base/error.h"

namespace salvor::delta {

// `message` as DuckDB words it ("IO Error: …"). The file it names, if any, becomes `where`. Values
// of rows that DuckDB quotes in conversion errors are left out: errors are journaled, rows never
// are.
Error ErrorOfDuck(std::string_view message);

}  // namespace salvor::delta
