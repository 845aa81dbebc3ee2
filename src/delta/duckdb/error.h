// What DuckDB's messages mean in the house's codes.
#pragma once

#include <string_view>

#include "base/error.h"

namespace salvor::delta {

// `message` as DuckDB words it ("IO Error: …") of a statement. Nothing of it is passed on but its
// class: it may quote what stands in a row, and errors are journaled, put on tickets and printed.
// `where` is the file that it names, if the statement names that file, too.
Error ErrorOfDuck(std::string_view message, std::string_view statement);

// True where the statement needs more memory than DuckDB may take: that says nothing of the file.
bool IsOutOfMemory(const Error& error);

}  // namespace salvor::delta
