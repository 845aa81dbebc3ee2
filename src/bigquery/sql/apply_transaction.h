// The write statements that are more than a copy, each one query job: a transaction that asserts
// what must be so, changes, asserts what must have come of it, and commits. An assertion that does
// not hold ends the script, and the service rolls the transaction back: nothing was written. Pure.
//
// Snapshot isolation: rows that somebody appends meanwhile are neither seen nor removed, so that
// two INSERTs may both find a partition empty (restore.cc counts after the commit); an UPDATE,
// DELETE or MERGE of somebody else's that meets a DELETE here makes one of the two fail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bigquery/sql/select_statements.h"

namespace salvor::bigquery {

// How many rows a partition must have, on both sides and in common, for a change to be safe.
struct ExpectedPartition {
  std::string id;
  int64_t staged_rows = 0;
  int64_t present_rows = 0;
  int64_t common_rows = 0;
};

// Counts only, so that every type of column goes through. Without a number: as many as the private
// copy has when the script runs.
struct EmptyPartition {
  std::string id;
  std::optional<int64_t> staged_rows;
};

// The partitions that come back from one private copy:
//   fill:     the partition is empty; the staged rows go in by name
//   replace:  every row there is among the staged ones (exact multisets); they take their place
//   beside:   no row there is among the staged ones; they are put beside them
struct Group {
  RowSet staged;
  std::vector<EmptyPartition> fill = {};
  std::vector<ExpectedPartition> replace = {};
  std::vector<ExpectedPartition> beside = {};
};

// What one statement reads: of each table the SELECTs whose bytes add up to what it reads there.
// Rows that the transaction itself has put somewhere by then are read where they come from.
using Reading = std::vector<std::vector<std::string>>;

struct Transaction {
  std::string sql;
  std::vector<Reading> readings;
};

// The rows of these partitions in the shape of a table, by name: what INSERT puts into it.
// SelectItems's errors.
Result<std::string> RowsStatement(const RowSet& rows, const std::vector<Field>& shape,
                                  const PartitionFilter& filter,
                                  const std::vector<std::string>& ids);

// Which assertion of a script did not hold, in its own text, by what the service says of the failed
// job; "" for none. Nothing else of the message is passed on.
std::string FailedAssertion(std::string_view message);

struct ApplyTransaction {
  RowSet present;
  PartitionFilter filter;
  std::vector<Group> groups;
};
// kUnsupported: SelectItems's and RowText's errors; a number that is missing beside others.
Result<Transaction> ApplyScript(const ApplyTransaction& apply);
// What is read to compare partitions that have rows with the private copies, before that.
Result<std::vector<Reading>> ReadToCompare(const ApplyTransaction& apply);

// Takes back what an apply of these groups did, while the partitions hold exactly the rows that it
// left there. A partition that had rows of its own before (replace, beside) gets them back from
// `before`, a copy of the table as it was then.
struct UndoTransaction {
  RowSet present;
  PartitionFilter filter;
  RowSet before;
  std::vector<Group> groups;  // as in ApplyTransaction, with the numbers from before it
};
// kUnsupported also without the numbers.
Result<Transaction> UndoScript(const UndoTransaction& undo);

// Whether a text of UndoScript's asserts, and so takes back, the rows of this partition.
bool AssertsPartition(std::string_view undo_script, const std::string& id);

}  // namespace salvor::bigquery
