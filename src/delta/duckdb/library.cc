#include "delta/duckdb/library.h"

namespace salvor::delta {

SALVOR_DUCK_FUNCTIONS(SALVOR_LATE_DEFINE)

Status LoadDuckLibrary() {
  // A failure is final too: the next call gives the same answer.
  static const Status loaded =
      io::BindLibrary({"DuckDB's library", "libduckdb.so",
                       "Install salvor again, or put the libduckdb.so that salvor was built with "
                       "where the system looks for libraries"},
                      {SALVOR_DUCK_FUNCTIONS(SALVOR_LATE_ADDRESS)});
  return loaded;
}

}  // namespace salvor::delta
