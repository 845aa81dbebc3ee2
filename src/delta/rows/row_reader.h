// The rows of a set of data files, read as the table would read them: schema of a given head,
// column mapping by name or id, type widening, partition values, deletion vectors, columns added
// later as NULL.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"
#include "io/fs.h"
#include "model/fingerprint.h"

namespace salvor::delta {

// Files that lie below `root`, as the log of that folder names them. Borrowed for the call.
struct RowSet {
  std::string root;
  std::vector<const AddFile*> files;
};

RowSet RowsIn(std::string root, const std::vector<AddFile>& files);

class Rows {
 public:
  // `head` says the columns, as of which all sides are read. All three must outlive this.
  //
  // Errors of every method: kUnsupported by the column's name for a type that cannot be read or
  // that a file stores otherwise, kNotFound for a file that is gone, kCorrupt for one that is not
  // what the log says; each with the file. kUnavailable where memory does not suffice.
  Rows(const io::FsReader& fs, Duck& duck, const TableHead& head);

  // One fingerprint for each set, all of them in as few passes as memory allows. A data file that
  // appears in several sets as the same inode with the same vector is read once. Two rows are the
  // same as row_identity.h says. What a file deletes by its vector is not a row.
  Result<std::vector<model::Fingerprint>> Fingerprints(const std::vector<RowSet>& sets);
  // The number of rows, as a multiset, that `a` and `b` have in common (exact: by full rows, not
  // hashes). Files that both have are counted without being read; where the others do not fit into
  // memory they are read several times, each time for a share of the rows.
  Result<int64_t> CommonRows(const RowSet& a, const RowSet& b);

 private:
  const io::FsReader& fs_;
  Duck& duck_;
  const TableHead& head_;
};

}  // namespace salvor::delta
