// DuckDB, for Parquet and SQL. Nothing above delta sees it.
//
// The database is opened on first use (a process that never needs it never pays for it), in memory,
// without extensions from outside, without access to the network, with a memory limit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/library.h"

namespace salvor::delta {

// The one way to put a name or a value into SQL text. A NUL byte cannot be quoted: a statement that
// holds one is refused with kInvalidArgument when it is run.
std::string QuoteIdentifier(std::string_view name);
std::string QuoteLiteral(std::string_view text);
// ['a', 'b']
std::string QuoteList(const std::vector<std::string>& texts);
// The argument of read_parquet and its like: a list of exactly these absolute paths, in this order.
// DuckDB takes a path for a pattern; here every character means itself. kUnsupported for a path
// with both a backslash and one of *?[, which DuckDB cannot be told literally.
Result<std::string> QuoteFiles(const std::vector<std::string>& paths);

// Says which rows of files a statement reads: salvor_keeps(file_index, file_row_number) in SQL asks
// the filter that was set last. Called from DuckDB's threads at once.
class RowFilter {
 public:
  virtual ~RowFilter() = default;
  // keeps[i] for the row rows[i] (from 0) of the file files[i] (its place in the list).
  virtual void Judge(const uint64_t* files, const int64_t* rows, size_t count,
                     bool* keeps) const = 0;
};

class Duck {
 public:
  struct Options {
    int64_t memory_limit_bytes = int64_t{256} << 20U;
    int threads = 0;                       // 0: as many as the machine has
    std::string temporary_directory = {};  // where it may spill; empty: nowhere (an error says so)
  };
  explicit Duck(Options options);
  ~Duck();
  Duck(const Duck&) = delete;
  Duck& operator=(const Duck&) = delete;

  // Runs a statement, result thrown away. kUnavailable when memory or disk ran out, kCorrupt for a
  // file that is not what it must be, kInternal for SQL that DuckDB refuses.
  Status Run(const std::string& sql);
  // Streams the result of one statement: `take` sees each chunk in turn and may stop by returning
  // an error. Values are read from the vectors through the C API. Chunks are destroyed after the
  // call. `take` must not run statements itself: one runs at a time.
  Status Stream(const std::string& sql, const std::function<Status(duckdb_data_chunk)>& take);
  // Hands the rows of `SELECT columns FROM from` to `take` where they are scanned: in DuckDB's own
  // threads, several calls at once, in no order, and without a result that they are copied into.
  // The first error that `take` returns stops the statement and is the answer. It must not run
  // statements itself, nor keep the chunk.
  Status Scan(const std::string& columns, const std::string& from,
              const std::function<Status(duckdb_data_chunk)>& take);
  // Small results: every value as text, NULL as nothing. Nested types and decimals must be cast in
  // the statement. The order is the statement's ORDER BY, else none.
  using Row = std::vector<std::optional<std::string>>;
  Result<std::vector<Row>> Rows(const std::string& sql);
  // For the statements from now on; nothing keeps every row.
  void SetRowFilter(std::shared_ptr<const RowFilter> filter);
  // "duckdb 1.4.4"
  Result<std::string> Version();
  // The connection itself, for the appender.
  Result<duckdb_connection> Connection();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Text and blob vectors.
inline std::string_view TextOf(const duckdb_string_t& text) {
  constexpr uint32_t kMaxInlined = 12;
  const uint32_t size = text.value.inlined.length;
  return {size <= kMaxInlined ? text.value.inlined.inlined : text.value.pointer.ptr, size};
}
std::string_view TextAt(duckdb_vector vector, uint64_t row);
bool IsNull(duckdb_vector vector, uint64_t row);

}  // namespace salvor::delta
