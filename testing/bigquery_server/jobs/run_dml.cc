#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/jobs/run_statement.h"

namespace salvor::testing::bigquery {

using delta::QuoteIdentifier;

namespace {

constexpr const char* kHits = "salvor_hits";

std::string EmptyOf(const Field& field) {
  return "CAST(" + std::string(field.type.kind == TypeKind::kArray ? "[]" : "NULL") + " AS " +
         DuckName(field.type) + ")";
}

// A table's rows now, each with what a change needs to know of it.
std::string RowsToChange(World& world, const Table& table, const Slice& slice) {
  std::vector<std::string> extra = QueryCatalog::PseudoItems(table);
  extra.insert(extra.end(),
               {"rowid AS salvor_rowid", "part AS salvor_part", "buffered AS salvor_buffered"});
  return world.store.rows().Select(table, slice, extra) + " AS t";
}

// The row's new values, by the table's columns; the old ones where nothing is set.
std::string NewValues(const Table& table, const std::map<std::string, std::string>& set,
                      const std::string& old_prefix) {
  std::string list;
  for (const Column& column : table.Columns()) {
    const std::string* value = nullptr;
    for (const auto& [name, sql] : set) {
      if (SameText(name, column.field.name)) value = &sql;
    }
    const std::string old = old_prefix.empty() ? EmptyOf(column.field)
                                               : old_prefix + QuoteIdentifier(column.field.name);
    list += (list.empty() ? "(" : ", (") + (value == nullptr ? old : *value) + ") AS " +
            QuoteIdentifier(column.field.name);
  }
  return list;
}

std::string NamesOf(const Table& table) {
  std::string names;
  for (const Column& column : table.Columns()) {
    names += (names.empty() ? "" : ", ") + QuoteIdentifier(column.field.name);
  }
  return names;
}

}  // namespace

Result<Table*> StatementRun::Target(const TablePath& path) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(path));
  SALVOR_TRY(Table* const table, world_.store.FindTable(name));
  SALVOR_OK(world_.authority.WantTable(job_.principal, "bigquery.tables.updateData", *table));
  if (table->type != "TABLE") {
    return Refuse("invalidQuery",
                  "A table of type " + table->type + " cannot be changed: " + name.Text());
  }
  return table;
}

Status StatementRun::RefuseBuffered(const Table& table, const std::string& from) {
  auto rows =
      world_.store.rows().duck().Rows("SELECT count(*) FROM " + from + " WHERE salvor_buffered");
  if (!rows) return Fail(RunTimeError(std::move(rows).error()));
  if ((*rows)[0][0] == "0") return Done{};
  return Refuse("invalidQuery", "UPDATE or DELETE statement over table " + table.name.Text() +
                                    " would affect rows in the streaming buffer, which is not "
                                    "supported");
}

Status StatementRun::CheckPartitions(const Table& table, int64_t at_ms) {
  SALVOR_OK(CheckPartitionsOf(world_, table));
  const int64_t most = world_.quotas.partitions_per_query;
  if (most == 0 || table.partitioning.kind == Partitioning::Kind::kNone) return Done{};
  SALVOR_TRY(const int64_t touched, world_.store.rows().PartitionsOf(table, at_ms));
  if (touched <= most) return Done{};
  return Refuse("invalidQuery", "Too many partitions produced by query, allowed " +
                                    std::to_string(most) + ", query produces at least " +
                                    std::to_string(touched) + " partitions");
}

// The rows of the temporary table `hits`, stored anew; their partitions by their values, or kept.
Result<int64_t> StatementRun::PutBack(const Table& table, const std::string& hits, int64_t at_ms) {
  Rows::Placed place{at_ms, std::nullopt, false, {}};
  std::string select = "SELECT " + NamesOf(table);
  if (table.partitioning.ByIngestion()) {
    place.partition_sql = "salvor_part";
    select += ", salvor_part";
  }
  auto count = world_.store.rows().Insert(table, select + " FROM " + hits, place);
  if (!count) return Fail(RunTimeError(std::move(count).error()));
  return *count;
}

Result<Outcome> StatementRun::Insert(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(Table* const table, Target(statement.target));
  const auto& columns = table->Columns();
  std::string select;
  for (const Column& column : columns) {
    std::string value = EmptyOf(column.field);
    for (size_t i = 0; i < statement.columns.size(); ++i) {
      if (SameText(statement.columns[i], column.field.name)) value = "i" + std::to_string(i);
    }
    select += (select.empty() ? "SELECT " : ", ") + value;
  }
  Rows::Placed place{at_ms, std::nullopt, false, {}};
  if (table->partitioning.ByIngestion()) {
    place.partition = PartitionIdOf(table->partitioning, at_ms);
  }
  std::string aliases;
  for (size_t i = 0; i < statement.columns.size(); ++i) {
    aliases += (i == 0 ? "i" : ", i") + std::to_string(i);
    if (table->partitioning.ByIngestion() && SameText(statement.columns[i], "_PARTITIONTIME")) {
      select += ", i" + std::to_string(i);
      place.partition_sql = PartitionIdSql(table->partitioning, "CAST(salvor_part AS TIMESTAMP)");
    }
  }
  auto count = world_.store.rows().Insert(
      *table, select + " FROM (" + statement.duck_select + ") AS q(" + aliases + ")", place);
  if (!count) return Fail(RunTimeError(std::move(count).error()));
  world_.store.Touch(*table, at_ms);
  SALVOR_OK(CheckPartitions(*table, at_ms));
  Outcome outcome;
  outcome.inserted = *count;
  outcome.target = table->name;
  return outcome;
}

Result<Outcome> StatementRun::Change(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(Table* const table, Target(statement.target));
  const bool updates = statement.kind == StatementKind::kUpdate;
  const std::string rows = RowsToChange(world_, *table, catalog_.RowsToChange());
  std::string items = "salvor_rowid, salvor_part, salvor_buffered";
  if (updates) items += ", " + NewValues(*table, statement.duck_set, "t.");
  SALVOR_OK(Execute(std::string("CREATE OR REPLACE TEMP TABLE ") + kHits + " AS SELECT " + items +
                    " FROM " + rows + " WHERE " + statement.duck_where));
  SALVOR_OK(RefuseBuffered(*table, kHits));
  SALVOR_TRY(const int64_t ended,
             world_.store.rows().EndByRowid(
                 *table, std::string("SELECT salvor_rowid FROM ") + kHits, at_ms));
  Outcome outcome;
  outcome.target = table->name;
  if (updates) {
    SALVOR_TRY(outcome.updated, PutBack(*table, kHits, at_ms));
  } else {
    outcome.deleted = ended;
  }
  if (outcome.Affected() > 0) world_.store.Touch(*table, at_ms);
  SALVOR_OK(CheckPartitions(*table, at_ms));
  return outcome;
}

// Everything is found before anything is changed; a clause takes what no clause before it took.
Result<Outcome> StatementRun::Merge(const Statement& statement, int64_t at_ms) {
  using When = Statement::MergeClause::When;
  SALVOR_TRY(Table* const table, Target(statement.target));
  const std::string target = RowsToChange(world_, *table, catalog_.RowsToChange());
  const std::string& source = statement.duck_source;
  Outcome outcome;
  outcome.target = table->name;
  std::map<When, std::string> taken;  // the conditions of earlier clauses
  std::vector<std::string> changes;
  std::vector<std::string> inserts;
  for (size_t i = 0; i < statement.merge.size(); ++i) {
    const auto& clause = statement.merge[i];
    const std::string name = "salvor_merge" + std::to_string(i);
    std::string from;
    std::string where;
    // Both sides stand in one FROM, so that "s" and "t" mean them even where a column is so called.
    if (clause.when == When::kMatched) {
      from = target + " JOIN " + source + " ON (" + statement.duck_on + ")";
      where = "true";
    } else if (clause.when == When::kNotMatchedByTarget) {
      from = source + " LEFT JOIN " + target + " ON (" + statement.duck_on + ")";
      where = "t.salvor_rowid IS NULL";
    } else {
      from = target + " LEFT JOIN (SELECT *, true AS salvor_there FROM " + source + ") AS s ON (" +
             statement.duck_on + ")";
      where = "s.salvor_there IS NULL";
    }
    const std::string condition =
        clause.duck_condition.empty() ? "true" : "coalesce((" + clause.duck_condition + "), false)";
    where += taken[clause.when] + " AND " + condition;
    taken[clause.when] += " AND NOT " + condition;
    std::string items = "salvor_rowid, salvor_part, salvor_buffered";
    if (clause.is_insert) {
      items = NewValues(*table, clause.duck_set, "") + ", '" +
              PartitionIdOf(table->partitioning, at_ms) + "' AS salvor_part";
    } else if (!clause.is_delete) {
      items += ", " + NewValues(*table, clause.duck_set, "t.");
    }
    SALVOR_OK(Execute("CREATE OR REPLACE TEMP TABLE " + name + " AS SELECT " + items + " FROM " +
                      from + " WHERE " + where));
    (clause.is_insert ? inserts : changes).push_back(name);
  }
  std::string all;
  for (const std::string& name : changes) {
    SALVOR_OK(RefuseBuffered(*table, name));
    all += (all.empty() ? "" : " UNION ALL ") + ("SELECT salvor_rowid FROM " + name);
  }
  if (!all.empty()) {
    SALVOR_TRY(const auto twice,
               world_.store.rows().duck().Rows("SELECT count(*) - count(DISTINCT salvor_rowid) "
                                               "FROM (" +
                                               all + ")"));
    if (twice[0][0] != "0") {
      return Refuse("invalidQuery",
                    "UPDATE/MERGE must match at most one source row for each target row");
    }
    SALVOR_TRY([[maybe_unused]] const int64_t ended,
               world_.store.rows().EndByRowid(*table, all, at_ms));
  }
  for (size_t i = 0; i < statement.merge.size(); ++i) {
    const auto& clause = statement.merge[i];
    const std::string name = "salvor_merge" + std::to_string(i);
    if (clause.is_delete) {
      SALVOR_TRY(const auto rows, world_.store.rows().duck().Rows("SELECT count(*) FROM " + name));
      outcome.deleted += ParseNumber(rows[0][0].value_or("0")).value_or(0);
      continue;
    }
    SALVOR_TRY(const int64_t count, PutBack(*table, name, at_ms));
    (clause.is_insert ? outcome.inserted : outcome.updated) += count;
  }
  if (outcome.Affected() > 0) world_.store.Touch(*table, at_ms);
  SALVOR_OK(CheckPartitions(*table, at_ms));
  return outcome;
}

Result<Outcome> StatementRun::Truncate(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(Table* const table, Target(statement.target));
  if (table->buffered_since_ms != 0) {
    return Refuse("invalidQuery", "TRUNCATE TABLE " + table->name.Text() +
                                      " would affect rows in the streaming buffer, which is not "
                                      "supported");
  }
  Outcome outcome;
  outcome.target = table->name;
  SALVOR_TRY(outcome.deleted, world_.store.rows().End(*table, {}, at_ms));
  table->row_policies = Json::array();
  world_.store.Touch(*table, at_ms);
  return outcome;
}

}  // namespace salvor::testing::bigquery
