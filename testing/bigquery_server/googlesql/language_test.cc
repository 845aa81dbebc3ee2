#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/bigquery_server/googlesql/memory_tables.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Rows = std::vector<std::string>;

class Language : public ::testing::Test {
 protected:
  Language() {
    Run("CREATE TABLE t (id INT64, d DATE, s STRING) PARTITION BY d;"
        "INSERT t VALUES (1, '2026-11-01', 'a'), (2, NULL, 'b'), (3, '2026-11-02', NULL)");
    Run("CREATE TABLE f (id INT64, d DATE) PARTITION BY d OPTIONS(require_partition_filter = "
        "TRUE)");
  }

  Rows Run(std::string_view script, std::vector<Parameter> parameters = {}) {
    auto outcomes = tables_.Run(script, std::move(parameters));
    if (!outcomes) {
      ADD_FAILURE() << outcomes.error().what << " (" << outcomes.error().next << ")";
      return {};
    }
    return outcomes->empty() ? Rows{} : outcomes->back().rows;
  }
  std::string FaultOf(std::string_view script) {
    const auto outcomes = tables_.Run(script);
    return outcomes ? "" : outcomes.error().what;
  }
  Statement Of(std::string_view script) {
    auto statement = tables_.Translate(script);
    EXPECT_TRUE(statement) << statement.error().what;
    return statement.value_or(Statement{});
  }

  MemoryTables tables_;
};

Parameter Named(std::string name, TypeKind kind, std::optional<std::string> value) {
  return Parameter{std::move(name), Type{kind, {}}, std::move(value)};
}

TEST_F(Language, ErrorsSayTheirPlace) {
  EXPECT_EQ(FaultOf("SELECT nope FROM t"), "Unrecognized name: nope at [1:8]");
  EXPECT_EQ(FaultOf("SELECT id\nFROM t WHERE s = 1"),
            "No matching signature for operator = for argument types: STRING, INT64 at [2:14]");
  EXPECT_EQ(FaultOf("SELECT 1 FROM"), "Syntax error: Unexpected end of script at [1:14]");
  EXPECT_EQ(FaultOf("SELECT id FROM t GROUP id"),
            "Syntax error: Expected keyword BY but got identifier \"id\" at [1:24]");
}

TEST_F(Language, TablesAreCaseSensitiveAndColumnsAreNot) {
  EXPECT_THAT(Run("select ID from t where D is null"), ElementsAre("{\"ID\":2}"));
  EXPECT_THAT(FaultOf("SELECT id FROM T"), HasSubstr("Not found: Table T"));
}

TEST_F(Language, ParametersAreValues) {
  EXPECT_THAT(Run("SELECT id FROM t WHERE s = @s OR d = @d",
                  {Named("s", TypeKind::kString, "a"), Named("d", TypeKind::kDate, "2026-11-02")}),
              UnorderedElementsAre("{\"id\":1}", "{\"id\":3}"));
  EXPECT_THAT(Run("SELECT id FROM t WHERE id = ? AND s = ?",
                  {Named("", TypeKind::kInt64, "2"), Named("", TypeKind::kString, "b")}),
              ElementsAre("{\"id\":2}"));
  EXPECT_THAT(Run("SELECT @x AS x", {Named("x", TypeKind::kString, "'; DROP TABLE t; --")}),
              ElementsAre("{\"x\":\"'; DROP TABLE t; --\"}"));
  Parameter list = Named("l", TypeKind::kArray, std::nullopt);
  list.type = Type{TypeKind::kArray, {Field{"", Type{TypeKind::kInt64, {}}}}};
  list.elements = {"1", "3"};
  EXPECT_THAT(Run("SELECT id FROM t WHERE id IN UNNEST(@l) ORDER BY id", {list}),
              ElementsAre("{\"id\":1}", "{\"id\":3}"));
  EXPECT_FALSE(tables_.Run("SELECT @x", {Named("x", TypeKind::kInt64, "1; DROP")}));
  EXPECT_THAT(FaultOf("SELECT @nope"), HasSubstr("Query parameter 'nope' not found"));
}

TEST_F(Language, ReadsNameTheColumnsThatAreBilled) {
  const Statement some = Of("SELECT s FROM t WHERE d = '2026-11-01'");
  ASSERT_EQ(some.reads.size(), 1U);
  EXPECT_THAT(some.reads[0].columns, UnorderedElementsAre("s", "d"));
  EXPECT_THAT(Of("SELECT COUNT(*) FROM t").reads[0].columns, IsEmpty());
  EXPECT_THAT(Of("SELECT TO_JSON_STRING(t) FROM t").reads[0].columns, ElementsAre("id", "d", "s"));
  EXPECT_THAT(Of("SELECT * EXCEPT (s) FROM t").reads[0].columns, ElementsAre("id", "d"));
}

TEST_F(Language, ReadsCarryTheFilterOnThePartitionColumnAlone) {
  const auto filter = [&](const std::string& where) {
    return Of("SELECT id FROM t WHERE " + where).reads[0].duck_partition_filter;
  };
  EXPECT_EQ(filter("d = '2026-11-01' AND id > 1"), "(\"d\" = bq_text_date('2026-11-01'))");
  EXPECT_NE(filter("d IS NULL OR d IN ('2026-11-01')"), "");
  EXPECT_NE(filter("d BETWEEN '2026-11-01' AND DATE_TRUNC('2026-12-31', MONTH)"), "");
  EXPECT_EQ(filter("d = '2026-11-01' OR id = 1"), "");
  EXPECT_EQ(filter("d != '2026-11-01'"), "");
  EXPECT_EQ(filter("d = (SELECT MAX(d) FROM t)"), "");
}

TEST_F(Language, ARequiredPartitionFilterMustBeThere) {
  EXPECT_EQ(FaultOf("SELECT id FROM f"),
            "Cannot query over table 'f' without a filter over column(s) 'd' that can be used for "
            "partition elimination");
  EXPECT_THAT(FaultOf("SELECT id FROM f WHERE id = 1"), HasSubstr("without a filter"));
  EXPECT_THAT(FaultOf("DELETE FROM f WHERE id = 1"), HasSubstr("without a filter"));
  EXPECT_THAT(FaultOf("SELECT 1 FROM t JOIN f ON t.id = f.id"), HasSubstr("without a filter"));
  EXPECT_EQ(FaultOf("SELECT id FROM f WHERE d >= '2026-01-01'"), "");
  EXPECT_EQ(FaultOf("SELECT 1 FROM t JOIN f ON t.id = f.id AND f.d = '2026-01-01'"), "");
  EXPECT_EQ(FaultOf("DELETE FROM f WHERE d IS NULL AND id = 1"), "");
}

TEST_F(Language, SystemTimeIsAConstantAndAStringIsLosAngelesTime) {
  const auto as_of = [&](const std::string& when) {
    const Statement statement = Of("SELECT id FROM t FOR SYSTEM_TIME AS OF " + when);
    return statement.reads.empty() || !statement.reads[0].as_of
               ? ""
               : FormatInstant(*statement.reads[0].as_of);
  };
  EXPECT_EQ(as_of("'2026-07-01 00:00:00'"), "2026-07-01T07:00:00Z");
  EXPECT_EQ(as_of("'2026-01-01 00:00:00'"), "2026-01-01T08:00:00Z");
  EXPECT_EQ(as_of("TIMESTAMP '2026-07-01 00:00:00'"), "2026-07-01T00:00:00Z");
  EXPECT_EQ(as_of("'2026-07-01 00:00:00+00'"), "2026-07-01T00:00:00Z");
  EXPECT_EQ(as_of("TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)"),
            "2026-11-21T23:00:00.123Z");
  EXPECT_THAT(FaultOf("SELECT id FROM t FOR SYSTEM_TIME AS OF (SELECT MAX(d) FROM t)"),
              HasSubstr("constant"));
  EXPECT_THAT(FaultOf("SELECT id FROM t FOR SYSTEM_TIME AS OF 1"), HasSubstr("TIMESTAMP"));
  const std::string instant = "FOR SYSTEM_TIME AS OF TIMESTAMP '2026-07-01'";
  EXPECT_EQ(FaultOf("SELECT u.id FROM t AS u " + instant), "");
  EXPECT_THAT(FaultOf("SELECT u.id FROM t " + instant + " AS u"), HasSubstr("Syntax error"));
}

TEST_F(Language, OneStatementReadsATableAtOneInstantOnly) {
  const std::string past = "t FOR SYSTEM_TIME AS OF TIMESTAMP '2026-07-01'";
  EXPECT_THAT(FaultOf("SELECT a.id FROM t AS a JOIN t AS b FOR SYSTEM_TIME AS OF "
                      "TIMESTAMP '2026-07-01' ON a.id = b.id"),
              HasSubstr("more than one point in time"));
  EXPECT_THAT(FaultOf("INSERT INTO t SELECT * FROM " + past), HasSubstr("not allowed"));
  EXPECT_THAT(FaultOf("DELETE FROM t WHERE id IN (SELECT id FROM " + past + ")"),
              HasSubstr("more than one point in time"));
}

TEST_F(Language, ASumBeyondInt64IsAnError) {
  EXPECT_THAT(FaultOf("SELECT SUM(9223372036854775807) FROM t"), HasSubstr("int64 overflow"));
  EXPECT_THAT(FaultOf("SELECT 9223372036854775807 + id FROM t"), HasSubstr("int64 overflow"));
}

TEST_F(Language, ErrorStopsAStatementOnlyWhereItIsReached) {
  EXPECT_EQ(FaultOf("SELECT IF(id = 9, ERROR('no'), id) FROM t"), "");
  EXPECT_EQ(FaultOf("SELECT IF(id = 3, ERROR('three'), id) FROM t"), "three");
}

TEST_F(Language, NoTextCrashesIt) {
  const auto refuses = [&](const std::string& text) {
    const auto outcome = tables_.Run(text);
    return !outcome && outcome.error().code == Code::kInvalidArgument;
  };
  const auto many = [](const std::string& one, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; ++i) all += one;
    return all;
  };
  EXPECT_TRUE(refuses("SELECT " + many("(", 100'000)));
  EXPECT_TRUE(refuses("SELECT " + many("-", 10'001) + "1"));  // "--" begins a comment
  EXPECT_TRUE(refuses("SELECT " + many("- ", 10'000) + "1"));
  EXPECT_TRUE(refuses("SELECT " + many("NOT ", 10'000) + "TRUE"));
  EXPECT_TRUE(refuses("SELECT 1" + many("+1", 10'000)));
  EXPECT_TRUE(refuses("SELECT " + many("[", 5'000)));
  EXPECT_TRUE(refuses("SELECT CAST(1 AS " + many("STRUCT<", 5'000)));
  EXPECT_TRUE(refuses(many("SELECT * FROM (", 5'000)));
  EXPECT_TRUE(refuses("SELECT 1 FROM t" + many(", t", 5'000)));
  EXPECT_TRUE(refuses("SELECT x" + many(".x", 5'000)));
  EXPECT_TRUE(refuses("SELECT " + many("CASE WHEN ", 5'000)));
  EXPECT_TRUE(refuses("WITH " + many("a AS (WITH ", 5'000)));
  EXPECT_TRUE(refuses(""));
  EXPECT_TRUE(refuses(";;;"));
  EXPECT_TRUE(refuses(std::string("SELECT \0 1", 10)));
  EXPECT_EQ(Run("SELECT COUNT(*) AS c FROM t WHERE " + many("id = 1 OR ", 5'000) + "FALSE"),
            Rows{"{\"c\":1}"});
}

TEST_F(Language, EveryPrefixAndEveryDeletionOfAStatementIsAnsweredSomehow) {
  const std::string whole =
      "WITH a AS (SELECT id, s FROM t WHERE d >= DATE '2026-11-01') SELECT "
      "TO_JSON_STRING(STRUCT(a.id "
      "AS x, [1, 2][OFFSET(0)] AS y)), SUM(a.id), CASE "
      "WHEN "
      "id IN UNNEST([1]) THEN 'x' ELSE \"y\" END FROM a LEFT JOIN UNNEST([3]) AS z ON z = a.id "
      "GROUP "
      "BY 1, 2 HAVING COUNT(*) > 1 ORDER BY 1 LIMIT 5";
  for (size_t i = 0; i < whole.size(); ++i) {
    static_cast<void>(tables_.Translate(whole.substr(0, i)));
    static_cast<void>(tables_.Translate(whole.substr(0, i) + whole.substr(i + 1)));
    static_cast<void>(tables_.Translate(whole.substr(i)));
  }
}

}  // namespace
}  // namespace salvor::testing::bigquery::googlesql
