// Readings as SQL: a few statements for many files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/protocol/deletion_vector.h"
#include "delta/protocol/table_head.h"
#include "delta/rows/file_set.h"
#include "io/fs.h"

namespace salvor::delta {

// Files of one schema that one statement reads.
struct Scan {
  std::vector<size_t> readings;       // places in RowReadings::all, in the statement's order
  std::vector<std::string> identity;  // SQL over the file's columns: what makes two rows the same
  bool has_vectors = false;
  bool hides_index = false;  // the file has a column called file_index; there is one file then

  // hash(hash(…)): DuckDB joins the hashes of columns by xor, so that swapping
  // the last column's values between two rows would keep the xor of both;
  // hashing once more makes it show.
  [[nodiscard]] std::string RowHash() const;
  // The place in `readings` of a row's file.
  [[nodiscard]] std::string FileIndex() const;
};

// Every one of `wanted` in one scan. Reads the footers.
Result<std::vector<Scan>> PlanScans(const io::FsReader& fs, Duck& duck, const TableHead& head,
                                    const RowReadings& readings, const std::vector<size_t>& wanted);

// "read_parquet(…) WHERE …" for a scan whose first file has the number `first`
// in the filter.
Result<std::string> ScanSource(const RowReadings& readings, const Scan& scan, uint64_t first);

// The vectors of files, by number; a file without one keeps all rows.
class VectorFilter final : public RowFilter {
 public:
  // Appends the files of a scan; returns the number of the first.
  Result<uint64_t> Append(const io::FsReader& fs, const RowReadings& readings, const Scan& scan);
  void Judge(const uint64_t* files, const int64_t* rows, size_t count, bool* keeps) const override;

 private:
  std::vector<DeletedRows> vectors_;
};

}  // namespace salvor::delta
