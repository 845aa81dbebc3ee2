#include "testing/bigquery_server/googlesql/memory_tables.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/json_shape.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

MemoryTables::MemoryTables() {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "threads", "1");
  duckdb_open_ext(nullptr, &database_, config, nullptr);
  duckdb_destroy_config(&config);
  duckdb_connect(database_, &connection_);
  static_cast<void>(RegisterFunctions(connection_));
}

MemoryTables::~MemoryTables() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

Result<Relation> MemoryTables::Resolve(const TablePath& path, std::optional<Instant> as_of) {
  static_cast<void>(as_of);
  const auto found = tables_.find(path.table);
  if (found == tables_.end()) {
    return Fail(Code::kNotFound, "Not found: Table " + path.table + " was not found");
  }
  return found->second;
}

Result<std::string> MemoryTables::DuckTable(const TablePath& path) {
  SALVOR_TRY(const Relation relation, Resolve(path, std::nullopt));
  return relation.duck_from;
}

Status MemoryTables::Execute(const std::string& sql) {
  duckdb_result result;
  const bool done = duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
  const char* text = done ? nullptr : duckdb_result_error(&result);
  const std::string fault = text == nullptr ? "" : text;
  duckdb_destroy_result(&result);
  if (!done) return Fail(Code::kInvalidArgument, RunTimeMessage(fault));
  return Done{};
}

Result<std::vector<std::string>> MemoryTables::Rows(const std::string& sql,
                                                    const std::vector<Field>& fields) {
  Type row{TypeKind::kStruct, fields};
  std::string members;
  for (const Field& field : fields) {
    members +=
        (members.empty() ? "" : ", ") + QuoteName(field.name) + " := _r." + QuoteName(field.name);
  }
  const std::string wrapped = "SELECT bq_json(struct_pack(" + members + "), " +
                              QuoteText(JsonShape(row)) + ") FROM (" + sql + ") AS _r";
  duckdb_result result;
  if (duckdb_query(connection_, wrapped.c_str(), &result) != DuckDBSuccess) {
    const char* text = duckdb_result_error(&result);
    const std::string fault = text == nullptr ? "" : text;
    duckdb_destroy_result(&result);
    return Fail(Code::kInvalidArgument, RunTimeMessage(fault), {}, sql);
  }
  std::vector<std::string> rows;
  for (idx_t i = 0; i < duckdb_row_count(&result); ++i) {
    char* text = duckdb_value_varchar(&result, 0, i);
    rows.emplace_back(text);
    duckdb_free(text);
  }
  duckdb_destroy_result(&result);
  return rows;
}

Status MemoryTables::Create(const Statement& statement) {
  const std::string& name = statement.target.table;
  if (tables_.count(name) > 0 && !statement.or_replace) {
    if (statement.if_not_exists) return Done{};
    return Fail(Code::kConflict, "Already Exists: Table " + name);
  }
  Relation relation;
  relation.duck_from = QuoteName("table " + name);
  relation.fields = statement.create_columns;
  relation.partition_column = statement.partition_column;
  relation.identity = name;
  const auto option = statement.options.find("require_partition_filter");
  relation.require_partition_filter =
      option != statement.options.end() && option->second.text == "true";
  std::string sql = "CREATE OR REPLACE TABLE " + relation.duck_from;
  if (statement.kind == StatementKind::kCreateTableAsSelect) {
    sql += " AS " + statement.duck_select;
  } else {
    std::string columns;
    for (const Field& field : relation.fields) {
      columns += (columns.empty() ? "" : ", ") + QuoteName(field.name) + " " + DuckName(field.type);
    }
    sql += " (" + columns + ")";
  }
  SALVOR_OK(Execute(sql));
  tables_[name] = std::move(relation);
  return Done{};
}

Status MemoryTables::Merge(const Statement& statement) {
  using When = Statement::MergeClause::When;
  SALVOR_TRY(const std::string table, DuckTable(statement.target));
  std::string sql =
      "MERGE INTO " + table + " AS t USING " + statement.duck_source + " ON " + statement.duck_on;
  for (const Statement::MergeClause& clause : statement.merge) {
    sql += clause.when == When::kMatched              ? " WHEN MATCHED"
           : clause.when == When::kNotMatchedByTarget ? " WHEN NOT MATCHED BY TARGET"
                                                      : " WHEN NOT MATCHED BY SOURCE";
    if (!clause.duck_condition.empty()) sql += " AND " + clause.duck_condition;
    std::string names;
    std::string values;
    std::string set;
    for (const auto& [name, value] : clause.duck_set) {
      names += (names.empty() ? "" : ", ") + QuoteName(name);
      values += (values.empty() ? "" : ", ") + value;
      set += (set.empty() ? "" : ", ") + QuoteName(name) + " = " + value;
    }
    if (clause.is_delete) {
      sql += " THEN DELETE";
    } else if (clause.is_insert) {
      sql.append(" THEN INSERT (").append(names).append(") VALUES (").append(values).append(")");
    } else {
      sql.append(" THEN UPDATE SET ").append(set);
    }
  }
  return Execute(sql);
}

Status MemoryTables::Apply(const Statement& statement, Outcome& outcome) {
  switch (statement.kind) {
    case StatementKind::kSelect: {
      SALVOR_TRY(outcome.rows, Rows(statement.duck_select, statement.result));
      return Done{};
    }
    case StatementKind::kAssert: {
      SALVOR_TRY(outcome.rows, Rows(statement.duck_select, statement.result));
      if (outcome.rows != std::vector<std::string>{"{\"f0_\":true}"}) {
        return Fail(Code::kInvalidArgument, statement.assert_message);
      }
      return Done{};
    }
    case StatementKind::kCreateTable:
    case StatementKind::kCreateTableAsSelect:
      return Create(statement);
    case StatementKind::kInsert: {
      SALVOR_TRY(const std::string table, DuckTable(statement.target));
      std::string columns;
      for (const std::string& column : statement.columns) {
        columns += (columns.empty() ? "" : ", ") + QuoteName(column);
      }
      return Execute("INSERT INTO " + table + " (" + columns + ") " + statement.duck_select);
    }
    case StatementKind::kUpdate: {
      SALVOR_TRY(const std::string table, DuckTable(statement.target));
      std::string set;
      for (const auto& [name, value] : statement.duck_set) {
        set += (set.empty() ? "" : ", ") + QuoteName(name) + " = " + value;
      }
      return Execute("UPDATE " + table + " AS t SET " + set + " WHERE " + statement.duck_where);
    }
    case StatementKind::kDelete: {
      SALVOR_TRY(const std::string table, DuckTable(statement.target));
      return Execute("DELETE FROM " + table + " AS t WHERE " + statement.duck_where);
    }
    case StatementKind::kTruncate: {
      SALVOR_TRY(const std::string table, DuckTable(statement.target));
      return Execute("DELETE FROM " + table);
    }
    case StatementKind::kMerge:
      return Merge(statement);
    case StatementKind::kDropTable: {
      if (tables_.erase(statement.target.table) == 0 && !statement.if_exists) {
        return Fail(Code::kNotFound, "Not found: Table " + statement.target.table);
      }
      return Done{};
    }
    default:
      return Done{};
  }
}

Result<std::vector<Outcome>> MemoryTables::Run(std::string_view script,
                                               std::vector<Parameter> parameters) {
  SALVOR_TRY(const std::unique_ptr<Script> parsed, ParseScript(script, std::move(parameters)));
  std::vector<Outcome> outcomes;
  for (size_t i = 0; i < parsed->Count(); ++i) {
    Outcome outcome;
    SALVOR_TRY(outcome.statement, parsed->Translate(i, *this, now_));
    SALVOR_OK(Apply(outcome.statement, outcome));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

Result<Statement> MemoryTables::Translate(std::string_view script,
                                          std::vector<Parameter> parameters) {
  SALVOR_TRY(const std::unique_ptr<Script> parsed, ParseScript(script, std::move(parameters)));
  return parsed->Translate(0, *this, now_);
}

}  // namespace salvor::testing::bigquery::googlesql
