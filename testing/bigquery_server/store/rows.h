// The rows of stored tables, in DuckDB: every row with the instants between which it was there, so
// that any past instant can be read. Not thread-safe; the server holds one lock.
//
// A table is r<number>(c0, c1, ..., from_ms, to_ms, part, buffered); a row was there at x when
// from_ms <= x < to_ms. Names of users stand in DuckDB's SQL only as quoted aliases.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/duckdb/database.h"
#include "testing/bigquery_server/store/catalog.h"

namespace salvor::testing::bigquery {

// Snapshot isolation: what was there when a transaction began, with its own changes, which all bear
// one instant.
struct TransactionView {
  int64_t began_ms = 0;
  int64_t own_ms = 0;
};

// Which rows of a table.
struct Slice {
  std::optional<int64_t> at_ms = {};           // nothing: now
  std::optional<std::string> partition = {};   // nothing: all
  bool with_buffer = false;                    // the streaming buffer's rows too
  std::optional<TransactionView> within = {};  // instead of now
};

struct RowTotals {
  int64_t rows = 0;
  int64_t bytes = 0;
};

class Rows {
 public:
  Rows();

  Status Begin();
  Status Commit();
  void Rollback();

  Status Create(const Table& table);
  Status AddColumn(const Table& table, const Column& column);

  // "(SELECT c0 AS "name", ... FROM r5 WHERE ...)": the columns as that instant's schema names
  // them, with `extra` ("part AS _p") after them.
  [[nodiscard]] std::string Select(const Table& table, const Slice& slice,
                                   const std::vector<std::string>& extra = {}) const;

  struct Placed {
    int64_t at_ms = 0;
    std::optional<std::string> partition = {};  // of an ingestion-time table; else by the column
    bool buffered = false;
    // Instead of all that: an expression over the select's last column, salvor_part, which is no
    // column of the table.
    std::string partition_sql = {};
  };
  // `select` gives all of the table's current columns in their order; answers how many rows came.
  // 400 for NULL in a REQUIRED column, invalidQuery for values that DuckDB cannot make.
  Result<int64_t> Insert(const Table& table, const std::string& select, const Placed& placed);
  // As Insert, the last column being the partition id of each row.
  Result<int64_t> InsertPlaced(const Table& table, const std::string& select, int64_t at_ms);
  // Ends rows that are there now: those whose rowid `rowids` (a SELECT) gives.
  Result<int64_t> EndByRowid(const Table& table, const std::string& rowids, int64_t at_ms);
  // ... all of the slice (never of the past).
  Result<int64_t> End(const Table& table, const Slice& slice, int64_t at_ms);
  // Moves the streaming buffer's rows to their partitions.
  Status Flush(const Table& table, int64_t at_ms);

  // Rows of the slice and logical bytes of these columns; of the rows for which `where` holds,
  // which may name columns and what `extra` adds to them.
  Result<RowTotals> Totals(const Table& table, const Slice& slice,
                           const std::vector<Column>& columns, const std::string& where = {},
                           const std::vector<std::string>& extra = {});
  // Rows in the streaming buffer that belong to the partition (all, if none is named).
  Result<int64_t> BufferedIn(const Table& table, const std::optional<std::string>& partition);
  // Rows that came at `at_ms` to other partitions than that one.
  Result<int64_t> CountOutside(const Table& table, const std::string& partition, int64_t at_ms);
  // Whether others added or ended rows while a transaction was open.
  struct Meanwhile {
    bool added = false;
    bool ended = false;
  };
  Result<Meanwhile> ChangedMeanwhile(const Table& table, const TransactionView& view);
  // How many partitions a change at `at_ms` touched.
  Result<int64_t> PartitionsOf(const Table& table, int64_t at_ms);
  // How many partitions have rows now.
  Result<int64_t> LivePartitions(const Table& table);
  struct PartitionTotals {
    RowTotals totals;
    int64_t modified_ms = 0;
  };
  Result<std::map<std::string, PartitionTotals>> ByPartition(const Table& table,
                                                             const Slice& slice);

  delta::Duck& duck() { return duck_; }

 private:
  Result<int64_t> Changed(const std::string& sql);  // how many rows the statement touched
  Result<int64_t> CountAt(const Table& table, const std::string& where);
  // Rows of one partition that came and went together.
  struct Group {
    std::string partition;
    int64_t from_ms = 0;
    int64_t to_ms = 0;
    bool buffered = false;
    RowTotals totals;
  };
  Result<const std::vector<Group>*> GroupsOf(const Table& table, const std::string& bytes);

  delta::Duck duck_;
  // Until the next change: the same past is asked for hundreds of times in one survey.
  std::map<std::string, std::vector<Group>> groups_;
};

// The DuckDB type that stores a field, and the logical bytes of a value as BigQuery counts them
// (bigquery/docs/reference/standard-sql/data-types#data_type_sizes).
std::string BytesSql(const Type& type, const std::string& value);

}  // namespace salvor::testing::bigquery
