// Every GoogleSQL statement that looks at or makes rows: what salvor runs is what it shows. Pure;
// the write transactions are in apply_transaction.h. tests/judges/salvor_sql_test.py has each of
// them type-checked by GoogleSQL's analyzer and run by its reference evaluator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/rest/client.h"
#include "bigquery/rest/table_name.h"
#include "bigquery/sql/partition_filter.h"

namespace salvor::bigquery {

// TIMESTAMP '2026-11-22 15:20:58.123+00': absolute, whatever the session's time zone is.
std::string InstantLiteral(Instant instant);
// " FOR SYSTEM_TIME AS OF …" behind a table's alias; "" for now.
std::string AsOf(const std::optional<Instant>& at);

// A private copy of a table as it was.
struct CloneRequest {
  TableName source;
  Instant as_of;
  TableName copy;
  Instant expires;
  std::map<std::string, std::string> labels;
  std::string kms_key = {};            // the source's, so that the copy is as protected
  bool drop_partition_expiry = false;  // the source's partitions expire; the copy's must not
};
// CREATE TABLE … CLONE: one atomic statement, so that the copy never exists without its labels and
// its expiration. Fails in the service if `copy` exists: it never takes a stranger's table for it.
std::string CloneStatement(const CloneRequest& request);
// What a copy job cannot give: the labels and the expiration of a deleted table's copy.
std::string MarkStatement(const TableName& copy, Instant expires,
                          const std::map<std::string, std::string>& labels);
std::string DropStatement(const TableName& copy);

// Rows of one table, in its own shape.
struct RowSet {
  TableName table;
  std::vector<Field> fields;
  std::optional<Instant> as_of =
      {};  // read by FingerprintStatement and RowsStatement; else as it is now
};

// Columns partition_id STRING, row_count INT64; a partition without rows is absent. Reads the
// partition column alone, of these partitions, or of all for none. Counts rows in the streaming
// buffer too. Now, or at an instant. Errors of this and what follows: PartitionFilter's and
// RowText's.
Result<std::string> CountStatement(const TableName& table, const PartitionFilter& filter,
                                   const std::vector<std::string>& ids,
                                   std::optional<Instant> at = {});
// Every column of the table as it was: a dry run of it tells the columns of then, and what reading
// these partitions (all for none) would process.
Result<std::string> PastRowsStatement(const TableName& table, const PartitionFilter& filter,
                                      const std::vector<std::string>& ids, Instant at);

// For a person: the rows outside all partitions as they were, into a table beside.
Result<std::string> RescueStatement(const TableName& table, const PartitionFilter& filter,
                                    Instant at);

// Reads no table and is billed nothing: the job is wanted for its id (apply_marker.h).
inline constexpr const char* kBeginStatement = "SELECT 'salvor apply begins' AS note";

// The algorithm of FingerprintStatement, for model::Fingerprint.
inline constexpr std::string_view kFingerprintAlgorithm =
    "bigquery FARM_FINGERPRINT of TO_JSON_STRING, by name";

// Columns partition_id, row_count, hash_sum STRING (the decimal sum of 64-bit hashes), hash_xor
// INT64: order-free, and every duplicate counts. The rows in the shape of `shape`.
Result<std::string> FingerprintStatement(const RowSet& rows, const std::vector<Field>& shape,
                                         const PartitionFilter& filter,
                                         const std::vector<std::string>& ids);

// Two multisets of rows, exactly, each partition by itself. The left one may come from several
// tables (then it is their sum).
struct Comparison {
  std::vector<RowSet> staged;
  RowSet present;  // gives the shape
  PartitionFilter filter;
  std::vector<std::string> ids;
};
// Columns partition_id, staged_rows, present_rows, common_rows INT64 (the size of the intersection,
// duplicates counted); a partition that is empty on both sides is absent.
Result<std::string> RelationStatement(const Comparison& comparison);
// The rows of staging that the table lacks: columns partition_id, missing_rows. No row: nothing is
// missing.
Result<std::string> MissingStatement(const Comparison& comparison);

}  // namespace salvor::bigquery
