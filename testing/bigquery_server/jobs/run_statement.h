// One statement on the store. What it gave goes into an Outcome; the job's own business (ids,
// bytes, times) is the caller's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/bigquery_server/jobs/query_catalog.h"

namespace salvor::testing::bigquery {

struct Outcome {
  std::shared_ptr<const ResultSet> result;  // SELECT
  int64_t inserted = 0;
  int64_t updated = 0;
  int64_t deleted = 0;
  std::string ddl;  // "CREATE", "REPLACE", "SKIP", "DROP", "ALTER"
  std::optional<TableName> target;
  [[nodiscard]] int64_t Affected() const { return inserted + updated + deleted; }
};

// "SELECT", "CREATE_TABLE_AS_SELECT": as statistics.query.statementType says it.
std::string StatementTypeOf(const Statement& statement);
bool IsDml(StatementKind kind);
bool IsDdl(StatementKind kind);

// The message of an error that DuckDB gave while it ran a translated statement, in BigQuery's
// words.
Error RunTimeError(Error error);

class StatementRun {
 public:
  StatementRun(World& world, const Job& job, QueryCatalog& catalog)
      : world_(world), job_(job), catalog_(catalog) {}

  // Inside a change that the caller holds open, at its instant.
  Result<Outcome> Run(const Statement& statement, int64_t at_ms);

 private:
  // run_statement.cc
  Result<Outcome> Select(const Statement& statement, int64_t at_ms);
  Result<Outcome> Assert(const Statement& statement);
  Result<int64_t> WriteResult(const Statement& statement, const std::string& select,
                              const Json& config, int64_t at_ms);
  // run_dml.cc
  Result<Outcome> Insert(const Statement& statement, int64_t at_ms);
  Result<Outcome> Change(const Statement& statement, int64_t at_ms);
  Result<Outcome> Merge(const Statement& statement, int64_t at_ms);
  Result<Outcome> Truncate(const Statement& statement, int64_t at_ms);
  Result<Table*> Target(const TablePath& path);
  Status RefuseBuffered(const Table& table, const std::string& from);
  Result<int64_t> PutBack(const Table& table, const std::string& hits, int64_t at_ms);
  Status CheckPartitions(const Table& table, int64_t at_ms);
  // run_ddl.cc
  Result<Outcome> Create(const Statement& statement, int64_t at_ms);
  Result<Outcome> Clone(const Statement& statement, int64_t at_ms);
  Result<Outcome> Drop(const Statement& statement, int64_t at_ms);
  Result<Outcome> Alter(const Statement& statement, int64_t at_ms);
  Result<Outcome> CreatePolicy(const Statement& statement, int64_t at_ms);
  Result<Outcome> DropPolicies(const Statement& statement, int64_t at_ms);
  Status AlterColumns(Table& table, const Statement& statement, int64_t at_ms);

  Status Execute(const std::string& sql);

  World& world_;
  const Job& job_;
  QueryCatalog& catalog_;
};

// {"labels": {...}, "expirationTime": "..."} of OPTIONS(...); null where an option is NULL.
Result<Json> BodyOfOptions(const std::map<std::string, OptionValue>& options,
                           Partitioning& partitioning);

}  // namespace salvor::testing::bigquery
