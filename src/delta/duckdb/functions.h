// The functions of SQL that are salvor's own, as database.h offers them: salvor_keeps(file_index,
// file_row_number) and salvor_take(anything...). Both give BOOLEAN.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/duckdb/library.h"

namespace salvor::delta {

// What the functions find when they are called: set between statements only, by the code that runs
// them.
struct FunctionState {
  std::shared_ptr<const RowFilter> filter;  // nothing: every row is kept

  const std::function<Status(duckdb_data_chunk)>* take = nullptr;  // nothing: rows are thrown away
  std::mutex mutex;
  std::optional<Error> error;  // the first one that `take` gave in this statement
};

// `state` must outlive the connection.
Status RegisterFunctions(duckdb_connection connection, FunctionState& state);

}  // namespace salvor::delta
