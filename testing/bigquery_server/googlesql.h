// A stated subset of GoogleSQL, for the test server: text -> statements -> DuckDB's SQL. Written
// for the server alone and sharing no code with what salvor emits, so that it can prove salvor
// wrong. What is not in the subset is kInvalidArgument ("invalidQuery"), with the place as BigQuery
// says it
// ("Syntax error: ... at [1:8]"). docs/bigquery-server.md states the subset.
//
// This header is the agreement between the two halves of the server: the language (googlesql/)
// knows no storage, and the storage (store, jobs, REST) knows no grammar.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::testing::bigquery {

// A column's type as BigQuery's table schema names it, and its DuckDB counterpart.
enum class TypeKind {
  kInt64,       // BIGINT
  kFloat64,     // DOUBLE
  kBool,        // BOOLEAN
  kString,      // VARCHAR
  kBytes,       // BLOB
  kDate,        // DATE
  kDatetime,    // TIMESTAMP
  kTime,        // TIME
  kTimestamp,   // TIMESTAMPTZ (the connection's time zone is UTC)
  kNumeric,     // DECIMAL(38, 9)
  kBigNumeric,  // DECIMAL(38, 9) in storage; sums of hashes as HUGEINT where they are whole
  kJson,        // VARCHAR
  kStruct,      // STRUCT
  kArray,       // LIST; never of arrays, its one field is the element
};

struct Field;
struct Type {
  TypeKind kind = TypeKind::kInt64;
  std::vector<Field> fields;  // kStruct: its members; kArray: one, the element, without a name
};
struct Field {
  std::string name;
  Type type;
  bool required = false;
  std::string description = {};
};

// "STRUCT<a INT64, b ARRAY<STRING>>", and DuckDB's spelling of the same.
std::string GoogleSqlName(const Type& type);
std::string DuckName(const Type& type);

// `p.d.t`, `d.t`, `t`, with whatever the statement left out empty. INFORMATION_SCHEMA views keep
// their qualifier: {project "p", dataset "d" or region "region-us", view "PARTITIONS"}.
struct TablePath {
  std::string project;
  std::string dataset;
  std::string table;
  std::string information_schema_view = {};
};

// What a path in FROM stands for: made by the storage for one statement.
struct Relation {
  std::string duck_from;         // a FROM item in DuckDB's SQL, columns named as in `fields`
  std::vector<Field> fields;     // what `*` gives, in order
  std::vector<Field> pseudo;     // _PARTITIONTIME, _PARTITIONDATE: by name only, also in duck_from
  std::string partition_column;  // the pseudo column for ingestion time; empty: none
  bool require_partition_filter = false;
  std::string identity;  // equal for the same stored table, whatever the instant or the spelling
};

// Asked by the language while it translates. Errors pass through unchanged.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<Relation> Resolve(const TablePath& path, std::optional<Instant> as_of) = 0;
};

// A named or positional query parameter, its value as the REST API carries it.
struct Parameter {
  std::string name;  // empty: positional
  Type type;
  std::optional<std::string> value;
  std::vector<std::optional<std::string>> elements = {};  // kArray
};

enum class StatementKind {
  kSelect,
  kInsert,
  kUpdate,
  kDelete,
  kMerge,
  kTruncate,
  kCreateTable,  // with columns, and OPTIONS
  kCreateTableAsSelect,
  kCreateTableClone,  // CLONE or COPY, with FOR SYSTEM_TIME AS OF
  kCreateSnapshotTable,
  kDropTable,
  kAlterTable,
  kCreateRowAccessPolicy,
  kDropRowAccessPolicies,
  kBeginTransaction,
  kCommitTransaction,
  kRollbackTransaction,
  kAssert,
};

// One ALTER TABLE action.
struct Alteration {
  enum class Kind { kAddColumn, kDropColumn, kRenameColumn, kSetOptions } kind = Kind::kSetOptions;
  Field column = {};
  std::string new_name = {};
  bool if_exists = false;
};

// A literal in OPTIONS(...): text, number, bool, null, array of pairs.
struct OptionValue {
  std::optional<std::string> text;  // of a scalar; an instant as RFC 3339 in UTC
  std::vector<std::pair<std::string, std::string>> pairs = {};  // labels
};

// What one statement asks of the storage. Only the members of its kind are set.
struct Statement {
  StatementKind kind = StatementKind::kSelect;
  size_t offset = 0;  // into the script's text

  // kSelect, kCreateTableAsSelect, kInsert (its source, columns in the order of `columns`),
  // kAssert (one BOOL): a complete DuckDB SELECT, and what it gives.
  std::string duck_select;
  std::vector<Field> result;

  TablePath target;
  std::vector<std::string> columns;  // kInsert: the target's columns, resolved; never empty

  // kUpdate, kDelete: a DuckDB expression over the target's columns and its alias "t"; an UPDATE's
  // new values by column. A row whose condition is not TRUE stays. kCreateRowAccessPolicy: its
  // filter.
  std::string duck_where;
  std::map<std::string, std::string> duck_set;
  // kMerge: a DuckDB FROM item for the source, its "AS s" included, and the join condition over "t"
  // and "s"; then in order.
  std::string duck_source;
  std::string duck_on;
  struct MergeClause {
    enum class When { kMatched, kNotMatchedByTarget, kNotMatchedBySource } when = When::kMatched;
    std::string duck_condition;  // empty: always
    bool is_delete = false;
    std::map<std::string, std::string> duck_set;  // UPDATE, and INSERT's values by column
    bool is_insert = false;
  };
  std::vector<MergeClause> merge;

  // CREATE
  std::vector<Field> create_columns;
  bool or_replace = false;
  bool if_not_exists = false;
  bool if_exists = false;      // DROP
  bool drop_snapshot = false;  // DROP SNAPSHOT TABLE
  std::string partition_by;    // "d", "_PARTITIONDATE", "DATE_TRUNC(d, MONTH)", as normalised text
  std::string partition_column;
  std::string partition_type;  // DAY, HOUR, MONTH, YEAR, RANGE
  int64_t range_start = 0, range_end = 0, range_interval = 0;
  std::vector<std::string> cluster_by;
  std::map<std::string, OptionValue> options;
  TablePath source;              // CLONE
  bool is_copy = false;          // CREATE TABLE ... COPY, which makes no clone
  std::optional<Instant> as_of;  // of the CLONE
  std::vector<Alteration> alterations;
  std::string policy_name;  // row access policies; empty: ALL
  std::string assert_message;

  // Everything it reads: for bytes billed, for permissions, and for "one statement cannot read one
  // table at two instants" (which the language refuses itself).
  struct Read {
    TablePath path;
    std::optional<Instant> as_of;
    std::string identity;
    std::vector<std::string> columns;   // only these are billed; empty for COUNT(*)
    std::string duck_partition_filter;  // the part of WHERE that constrains the partition column
                                        // alone, as a DuckDB expression; empty: every partition
  };
  std::vector<Read> reads;
};

// The script's statements one after the other, each translated when it is asked for, since what
// stands before it may have made the table that it names.
class Script {
 public:
  virtual ~Script() = default;
  [[nodiscard]] virtual size_t Count() const = 0;
  [[nodiscard]] virtual bool IsScript() const = 0;  // more than one statement, or a transaction
  virtual Result<Statement> Translate(size_t index, Catalog& catalog, Instant now) = 0;
};

// Syntax errors of any statement come at once.
Result<std::unique_ptr<Script>> ParseScript(std::string_view text,
                                            std::vector<Parameter> parameters);

// FARM_FINGERPRINT, TO_JSON_STRING and the other functions that DuckDB lacks, on a connection:
// once, before the first statement. `connection` is a duckdb_connection.
// A second call on the same database does nothing.
Status RegisterFunctions(void* connection);

// What BigQuery would say for an error that DuckDB gave while it ran a translated statement: the
// text of ERROR(), an overflow, a scalar subquery with two rows. Always 400 invalidQuery.
std::string RunTimeMessage(std::string_view duck_message);

}  // namespace salvor::testing::bigquery
