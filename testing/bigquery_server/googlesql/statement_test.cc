#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/bigquery_server/googlesql/memory_tables.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Rows = std::vector<std::string>;

class Statements : public ::testing::Test {
 protected:
  Statements() {
    EXPECT_EQ(FaultOf("CREATE TABLE t (id INT64, s STRING, l ARRAY<INT64>);"
                      "INSERT INTO t (id, s) VALUES (1, 'a'), (2, NULL)"),
              "");
  }
  std::string FaultOf(std::string_view script) {
    const auto outcomes = tables_.Run(script);
    return outcomes ? "" : outcomes.error().what;
  }
  Rows Table() {
    auto outcomes = tables_.Run("SELECT * FROM t ORDER BY id, s");
    return outcomes ? outcomes->back().rows : Rows{outcomes.error().what};
  }
  Statement Of(std::string_view script) {
    auto statement = tables_.Translate(script);
    EXPECT_TRUE(statement) << statement.error().what;
    return statement.value_or(Statement{});
  }

  MemoryTables tables_;
};

TEST_F(Statements, InsertFillsMissingColumnsAndStoresNoNullArray) {
  EXPECT_EQ(FaultOf("INSERT t (l, id) SELECT NULL, 3"), "");
  EXPECT_EQ(FaultOf("INSERT t VALUES (4, DEFAULT, [1])"), "");
  EXPECT_EQ(FaultOf("INSERT t SELECT id + 4, s, l FROM t WHERE id = 1"), "");
  EXPECT_THAT(Table(),
              ElementsAre("{\"id\":1,\"s\":\"a\",\"l\":[]}", "{\"id\":2,\"s\":null,\"l\":[]}",
                          "{\"id\":3,\"s\":null,\"l\":[]}", "{\"id\":4,\"s\":null,\"l\":[1]}",
                          "{\"id\":5,\"s\":\"a\",\"l\":[]}"));
}

TEST_F(Statements, InsertIsByPositionAndByType) {
  EXPECT_EQ(
      FaultOf("INSERT t SELECT s, id, l FROM t"),
      "Query column 1 has type STRING which cannot be inserted into column id, which has type "
      "INT64 at [1:8]");
  EXPECT_THAT(FaultOf("INSERT t (id) VALUES ('x')"), HasSubstr("Value has type STRING"));
  EXPECT_THAT(FaultOf("INSERT t (id, s) VALUES (1)"), HasSubstr("wrong column count"));
  EXPECT_THAT(FaultOf("INSERT t (nope) VALUES (1)"), HasSubstr("not present"));
  EXPECT_THAT(FaultOf("INSERT t (id, ID) VALUES (1, 2)"), HasSubstr("duplicate"));
  EXPECT_THAT(FaultOf("INSERT t (id, l) VALUES (9, [1, NULL])"), HasSubstr("null element"));
}

TEST_F(Statements, UpdateAndDeleteWantAWhereClause) {
  EXPECT_THAT(FaultOf("DELETE FROM t"), HasSubstr("must have a WHERE clause"));
  EXPECT_THAT(FaultOf("UPDATE t SET id = 1"), HasSubstr("must have a WHERE clause"));
  EXPECT_EQ(FaultOf("UPDATE t AS x SET s = x.s || '!', x.id = 7 WHERE x.id = 1"), "");
  EXPECT_EQ(FaultOf("DELETE t WHERE s IS NULL"), "");
  EXPECT_THAT(Table(), ElementsAre("{\"id\":7,\"s\":\"a!\",\"l\":[]}"));
  EXPECT_THAT(FaultOf("UPDATE t SET nope = 1 WHERE TRUE"), HasSubstr("Unrecognized name: nope"));
}

TEST_F(Statements, ARowWhoseConditionIsNullStays) {
  EXPECT_EQ(FaultOf("DELETE FROM t WHERE s = 'a'"), "");
  EXPECT_THAT(Table(), ElementsAre("{\"id\":2,\"s\":null,\"l\":[]}"));
}

TEST_F(Statements, MergeUpdatesInsertsAndDeletes) {
  EXPECT_EQ(FaultOf("MERGE INTO t USING (SELECT 1 AS id, 'm' AS s UNION ALL SELECT 9, 'n') AS x "
                    "ON t.id = x.id WHEN MATCHED AND x.s = 'm' THEN UPDATE SET s = x.s "
                    "WHEN NOT MATCHED THEN INSERT (id, s) VALUES (id, x.s) "
                    "WHEN NOT MATCHED BY SOURCE THEN DELETE"),
            "");
  EXPECT_THAT(Table(),
              ElementsAre("{\"id\":1,\"s\":\"m\",\"l\":[]}", "{\"id\":9,\"s\":\"n\",\"l\":[]}"));
}

TEST_F(Statements, CreateTableSaysItsPartitioning) {
  const Statement day = Of("CREATE TABLE x (d DATE, n INT64) PARTITION BY d CLUSTER BY n");
  EXPECT_EQ(day.partition_column, "d");
  EXPECT_EQ(day.partition_type, "DAY");
  EXPECT_THAT(day.cluster_by, ElementsAre("n"));
  EXPECT_EQ(Of("CREATE TABLE x (d DATE) PARTITION BY DATE_TRUNC(d, MONTH)").partition_type,
            "MONTH");
  EXPECT_EQ(Of("CREATE TABLE x (t TIMESTAMP) PARTITION BY TIMESTAMP_TRUNC(t, HOUR)").partition_type,
            "HOUR");
  EXPECT_EQ(Of("CREATE TABLE x (a INT64) PARTITION BY _PARTITIONDATE").partition_column,
            "_PARTITIONTIME");
  const Statement range =
      Of("CREATE TABLE x (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 100, 10))");
  EXPECT_EQ(range.partition_type, "RANGE");
  EXPECT_EQ(range.range_end, 100);
  EXPECT_EQ(range.range_interval, 10);
  EXPECT_THAT(FaultOf("CREATE TABLE x (t TIMESTAMP) PARTITION BY t"), HasSubstr("PARTITION BY"));
  EXPECT_THAT(FaultOf("CREATE TABLE x (s STRING) PARTITION BY s"), HasSubstr("PARTITION BY"));
  EXPECT_THAT(FaultOf("CREATE TABLE x (d DATE) PARTITION BY DATE_TRUNC(d, HOUR)"),
              HasSubstr("HOUR"));
}

TEST_F(Statements, CreateTableAsSelectNamesItsColumns) {
  EXPECT_THAT(FaultOf("CREATE TABLE x AS SELECT id + 1 FROM t"), HasSubstr("column 1 has no name"));
  EXPECT_THAT(FaultOf("CREATE TABLE x AS SELECT id, id FROM t"),
              HasSubstr("Duplicate column name"));
  EXPECT_EQ(FaultOf("CREATE TABLE x PARTITION BY d AS SELECT DATE '2026-01-01' AS d, l FROM t"),
            "");
  EXPECT_THAT(FaultOf("CREATE TABLE x (a INT64)"), HasSubstr("Already Exists"));
  EXPECT_EQ(FaultOf("CREATE TABLE IF NOT EXISTS x (a INT64); DROP TABLE x; DROP TABLE IF EXISTS x"),
            "");
}

TEST_F(Statements, CloneCarriesItsInstantAndItsOptions) {
  const Statement clone = Of(
      "CREATE TABLE `p.d`.c CLONE `p.d.t` FOR SYSTEM_TIME AS OF TIMESTAMP '2026-11-21 10:00:00.5' "
      "OPTIONS(expiration_timestamp = TIMESTAMP '2027-01-01', labels = [('salvor', 'x'), ('a', "
      "'b')], "
      "description = 'it\\'s')");
  EXPECT_EQ(clone.kind, StatementKind::kCreateTableClone);
  EXPECT_FALSE(clone.is_copy);
  EXPECT_EQ(clone.target.project, "p");
  EXPECT_EQ(clone.target.table, "c");
  EXPECT_EQ(clone.source.dataset, "d");
  ASSERT_TRUE(clone.as_of);
  EXPECT_EQ(FormatInstant(*clone.as_of), "2026-11-21T10:00:00.500Z");
  EXPECT_EQ(clone.options.at("expiration_timestamp").text, "2027-01-01T00:00:00Z");
  EXPECT_THAT(clone.options.at("labels").pairs, ElementsAre(Pair("salvor", "x"), Pair("a", "b")));
  EXPECT_TRUE(Of("CREATE TABLE c COPY t").is_copy);
  EXPECT_EQ(Of("CREATE SNAPSHOT TABLE c CLONE t").kind, StatementKind::kCreateSnapshotTable);
  EXPECT_TRUE(Of("DROP SNAPSHOT TABLE IF EXISTS c").drop_snapshot);
  EXPECT_THAT(FaultOf("CREATE TABLE c CLONE t OPTIONS(nope = 1)"),
              HasSubstr("Unknown option: nope"));
  EXPECT_THAT(FaultOf("CREATE TABLE c CLONE t OPTIONS(description = 1)"), HasSubstr("Wrong type"));
}

TEST_F(Statements, AlterTableListsItsActions) {
  const Statement alter = Of(
      "ALTER TABLE t ADD COLUMN x STRUCT<a INT64>, DROP COLUMN IF EXISTS s, RENAME COLUMN id TO k");
  ASSERT_EQ(alter.alterations.size(), 3U);
  EXPECT_EQ(GoogleSqlName(alter.alterations[0].column.type), "STRUCT<a INT64>");
  EXPECT_TRUE(alter.alterations[1].if_exists);
  EXPECT_EQ(alter.alterations[2].new_name, "k");
  const Statement options =
      Of("ALTER TABLE t SET OPTIONS(expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), "
         "INTERVAL 1 "
         "DAY), require_partition_filter = TRUE, partition_expiration_days = NULL)");
  EXPECT_EQ(options.options.at("expiration_timestamp").text, "2026-11-23T00:00:00.123Z");
  EXPECT_EQ(options.options.at("require_partition_filter").text, "true");
  EXPECT_EQ(options.options.at("partition_expiration_days").text, std::nullopt);
}

TEST_F(Statements, RowAccessPoliciesHaveAFilter) {
  const Statement policy =
      Of("CREATE ROW ACCESS POLICY p ON t GRANT TO ('user:a@example.com') FILTER USING (id = 1)");
  EXPECT_EQ(policy.policy_name, "p");
  EXPECT_THAT(policy.duck_where, HasSubstr("t.\"id\""));
  EXPECT_EQ(Of("DROP ALL ROW ACCESS POLICIES ON t").kind, StatementKind::kDropRowAccessPolicies);
}

TEST_F(Statements, ScriptsRunOneStatementAfterTheOther) {
  const auto script =
      ParseScript("BEGIN TRANSACTION; DELETE FROM t WHERE id = 1; COMMIT TRANSACTION;", {});
  ASSERT_TRUE(script);
  EXPECT_EQ((*script)->Count(), 3U);
  EXPECT_TRUE((*script)->IsScript());
  EXPECT_FALSE((*ParseScript("SELECT 1;", {}))->IsScript());
  EXPECT_EQ(
      FaultOf("CREATE TABLE n (a INT64); INSERT n VALUES (1); ASSERT (SELECT COUNT(*) FROM n) = 1 "
              "AS 'one row'"),
      "");
  EXPECT_EQ(FaultOf("ASSERT (SELECT COUNT(*) FROM t) = 5 AS 'five rows'"), "five rows");
  EXPECT_EQ(FaultOf("SELECT 1; SELEC 2"),
            "Syntax error: Unexpected identifier \"SELEC\" at [1:11]");
}

TEST_F(Statements, VariablesHoldConstants) {
  EXPECT_EQ(FaultOf("DECLARE x INT64 DEFAULT 1; DECLARE s STRING; SET s = 'new'; "
                    "UPDATE t SET s = s WHERE id = x; SET x = 2; DELETE FROM t WHERE id = x;"),
            "");
  EXPECT_THAT(Table(), ElementsAre("{\"id\":1,\"s\":\"a\",\"l\":[]}"));  // s is the column
  EXPECT_THAT(FaultOf("SET nope = 1; SELECT 1"), HasSubstr("Undeclared variable"));
  EXPECT_THAT(FaultOf("DECLARE d DATE DEFAULT 1; SELECT d"), HasSubstr("Cannot coerce"));
}

TEST_F(Statements, InformationSchemaKeepsItsQualifier) {
  struct Asked final : Catalog {
    Result<Relation> Resolve(const TablePath& path, std::optional<Instant>) override {
      paths.push_back(path);
      return Relation{"x", {Field{"a", Type{}}}, {}, {}, false, path.information_schema_view};
    }
    std::vector<TablePath> paths;
  } asked;
  for (const char* from :
       {"`p`.`region-us`.INFORMATION_SCHEMA.JOBS", "region-us.INFORMATION_SCHEMA.JOBS",
        "p-1.d.INFORMATION_SCHEMA.partitions", "`p-1.d.t`", "p-1.d.t"}) {
    const auto script = ParseScript("SELECT a FROM " + std::string(from), {});
    ASSERT_TRUE(script) << from;
    ASSERT_TRUE((*script)->Translate(0, asked, Instant{})) << from;
  }
  EXPECT_EQ(asked.paths[0].dataset, "region-us");
  EXPECT_EQ(asked.paths[0].information_schema_view, "JOBS");
  EXPECT_EQ(asked.paths[1].dataset, "region-us");
  EXPECT_EQ(asked.paths[2].project, "p-1");
  EXPECT_EQ(asked.paths[2].information_schema_view, "PARTITIONS");
  EXPECT_EQ(asked.paths[3].table, "t");
  EXPECT_EQ(asked.paths[4].project, "p-1");
}

TEST_F(Statements, WhatIsNotInTheSubsetIsSaidSo) {
  for (const char* text :
       {"CREATE VIEW v AS SELECT 1", "CALL p()", "EXPORT DATA OPTIONS(uri='x') AS SELECT 1",
        "SELECT * FROM t PIVOT(COUNT(*) FOR s IN ('a'))",
        "SELECT * FROM t TABLESAMPLE SYSTEM (1 PERCENT)", "WITH RECURSIVE a AS (SELECT 1) SELECT 1",
        "IF TRUE THEN SELECT 1; END IF", "SELECT SUM(id) FROM t GROUP BY ROLLUP (s)"}) {
    EXPECT_NE(FaultOf(text), "") << text;
  }
}

}  // namespace
}  // namespace salvor::testing::bigquery::googlesql
