// The least storage that runs what the language makes: tables in DuckDB's memory, one version each,
// no partitions. For this folder's tests and its judge; the server has a storage of its own.
#pragma once

#include <duckdb.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

struct Outcome {
  Statement statement;
  std::vector<std::string> rows;  // each as TO_JSON_STRING of the row
};

class MemoryTables final : public Catalog {
 public:
  MemoryTables();
  ~MemoryTables() override;
  MemoryTables(const MemoryTables&) = delete;
  MemoryTables& operator=(const MemoryTables&) = delete;

  Result<Relation> Resolve(const TablePath& path, std::optional<Instant> as_of) override;

  // Runs a script; what its statements gave, up to the first that fails.
  Result<std::vector<Outcome>> Run(std::string_view script, std::vector<Parameter> parameters = {});
  // Translates the script's first statement.
  Result<Statement> Translate(std::string_view script, std::vector<Parameter> parameters = {});

 private:
  Status Apply(const Statement& statement, Outcome& outcome);
  Status Create(const Statement& statement);
  Status Merge(const Statement& statement);
  Status Execute(const std::string& sql);
  Result<std::vector<std::string>> Rows(const std::string& sql, const std::vector<Field>& fields);
  Result<std::string> DuckTable(const TablePath& path);

  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
  std::map<std::string, Relation> tables_;
  Instant now_ = InstantOfMillis(1'795'305'600'123);  // 2026-11-22T00:00:00.123Z
};

}  // namespace salvor::testing::bigquery::googlesql
