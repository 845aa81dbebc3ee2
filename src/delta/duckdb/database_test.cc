#include "delta/duckdb/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "delta/duckdb/error.h"

namespace salvor::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(DuckTest, QuotesCannotBeLeft) {
  Duck duck({});
  for (const std::string text : {"'", "''", "\"", "a'; DROP TABLE x; --", "\\'", "%s", "é'\n"}) {
    auto rows = duck.Rows("SELECT " + QuoteLiteral(text) + " AS " + QuoteIdentifier(text));
    ASSERT_TRUE(rows) << rows.error().Message();
    EXPECT_EQ((*rows)[0][0], text);
  }
  EXPECT_EQ(QuoteList({"a", "b'c"}), "['a', 'b''c']");
  EXPECT_EQ(QuoteList({}), "[]");
}

TEST(DuckTest, PathsMeanThemselves) {
  Duck duck({});
  const std::string folder =
      testing::TempDir() + "salvor-paths-" + std::to_string(::getpid()) + "/";
  std::filesystem::remove_all(folder);
  std::vector<std::string> paths;
  for (const std::string name :
       {"a*b",     "a?b",   "axb", "a[b",  "a]b",  "a[x]b", "a{b}",
        "a{1,2}b", "a%20b", "a'b", "a\"b", "a\\b", "a b",   "**",
        "ä€",      "a=b",   "#",   "[!a]", "~",    "a\nb",  "x.parquet?y=1"}) {
    std::filesystem::create_directories(folder + name);
    paths.push_back(folder + name + "/" + name + ".parquet");
    const std::string plain = folder + "plain.parquet";
    const std::string sql = "COPY (SELECT " + QuoteLiteral(paths.back()) + " AS p) TO " +
                            QuoteLiteral(plain) + " (FORMAT parquet)";
    ASSERT_TRUE(duck.Run(sql));
    std::filesystem::rename(plain, paths.back());
  }
  const auto list = QuoteFiles(paths).value();
  const auto rows = duck.Rows("SELECT file_index, p FROM read_parquet(" + list +
                              ", hive_partitioning = false) ORDER BY file_index");
  ASSERT_TRUE(rows) << rows.error().Message();
  ASSERT_EQ(rows->size(), paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    EXPECT_THAT((*rows)[i], ElementsAre(std::to_string(i), paths[i]));
  }
  std::filesystem::remove_all(folder);
}

TEST(DuckTest, PathThatCannotBeSaidIsRefused) {
  EXPECT_EQ(QuoteFiles({"/a\\b*"}).error().code, Code::kUnsupported);
  EXPECT_EQ(QuoteFiles({"a"}).error().code, Code::kInternal);
}

class EvenRows : public RowFilter {
 public:
  void Judge(const uint64_t* files, const int64_t* rows, size_t count, bool* keeps) const override {
    for (size_t i = 0; i < count; ++i) keeps[i] = files[i] == 7 && rows[i] % 2 == 0;
  }
};

TEST(DuckTest, RowFilterJudgesRows) {
  Duck duck({});
  const std::string sql =
      "SELECT count(*) FROM range(10000) t(i) WHERE salvor_keeps(7::UBIGINT, i)";
  EXPECT_EQ(duck.Rows(sql).value()[0][0], "10000");
  duck.SetRowFilter(std::make_shared<EvenRows>());
  EXPECT_EQ(duck.Rows(sql).value()[0][0], "5000");
  duck.SetRowFilter(nullptr);
  EXPECT_EQ(duck.Rows(sql).value()[0][0], "10000");
}

TEST(DuckTest, NulIsRefused) {
  Duck duck({});
  const std::string name("a\0b", 3);
  EXPECT_EQ(duck.Run("SELECT " + QuoteLiteral(name)).error().code, Code::kInvalidArgument);
  EXPECT_EQ(duck.Rows("SELECT " + QuoteLiteral(name)).error().code, Code::kInvalidArgument);
}

TEST(DuckTest, RowsAreTexts) {
  Duck duck({});
  auto rows = duck.Rows(
      "SELECT NULL::INTEGER, true, -5::TINYINT, 18446744073709551615::UBIGINT, "
      "170141183460469231731687303715884105727::HUGEINT, 1.5::DOUBLE, DATE '2024-01-02', "
      "TIMESTAMPTZ '2024-01-02 00:00:00+02', 'a' || chr(0) || 'b'");
  ASSERT_TRUE(rows) << rows.error().Message();
  EXPECT_THAT((*rows)[0],
              ElementsAre(std::nullopt, "true", "-5", "18446744073709551615",
                          "170141183460469231731687303715884105727", "1.5", "2024-01-02",
                          "2024-01-01 22:00:00+00", std::string("a\0b", 3)));
}

TEST(DuckTest, ErrorInTheMiddleOfAStreamIsNoEnd) {
  Duck duck({});
  int64_t seen = 0;
  auto status = duck.Stream(
      "SELECT CASE WHEN i = 3000000 THEN CAST('secret' || i AS INT) ELSE i END FROM range(5000000) "
      "t(i)",
      [&](duckdb_data_chunk chunk) -> Status {
        seen += static_cast<int64_t>(duckdb_data_chunk_get_size(chunk));
        return Done{};
      });
  EXPECT_GT(seen, 0);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCorrupt);
  EXPECT_THAT(status.error().Message(), Not(HasSubstr("secret")));
}

TEST(DuckTest, StoppingAStreamLeavesTheConnectionUsable) {
  Duck duck({});
  auto status = duck.Stream("SELECT * FROM range(5000000)", [](duckdb_data_chunk) -> Status {
    return Fail(Code::kRefused, "enough");
  });
  EXPECT_EQ(status.error().code, Code::kRefused);
  EXPECT_TRUE(duck.Run("SELECT 1"));
}

TEST(DuckTest, AScanHandsOverEveryRowAndNullsToo) {
  Duck duck({});
  std::atomic<int64_t> rows = 0;
  std::atomic<int64_t> sum = 0;
  std::atomic<int64_t> nulls = 0;
  const Status scanned = duck.Scan(
      "i, CASE WHEN i % 10 > 0 THEN 'no' END", "range(300000) t(i)", [&](duckdb_data_chunk chunk) {
        const auto* numbers = static_cast<const int64_t*>(
            duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
        duckdb_vector texts = duckdb_data_chunk_get_vector(chunk, 1);
        for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
          ++rows;
          sum += numbers[row];
          if (IsNull(texts, row)) {
            ++nulls;
          } else {
            EXPECT_EQ(TextAt(texts, row), "no");
          }
        }
        return Status(Done{});
      });
  ASSERT_TRUE(scanned) << scanned.error().Message();
  EXPECT_EQ(rows, 300'000);
  EXPECT_EQ(sum, int64_t{300'000} * 299'999 / 2);
  EXPECT_EQ(nulls, 30'000);
}

TEST(DuckTest, AScanStopsWithTheErrorOfWhoTakes) {
  Duck duck({});
  const auto stop = [](duckdb_data_chunk) -> Status { return Fail(Code::kRefused, "enough"); };
  const Status scanned = duck.Scan("i", "range(300000) t(i)", stop);
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Code::kRefused);
  EXPECT_TRUE(duck.Run("SELECT 1"));
  EXPECT_EQ(duck.Scan("no_such_column", "range(3) t(i)", stop).error().code, Code::kInternal);
}

TEST(DuckTest, MemoryLimitIsUnavailableAndNothingSpills) {
  Duck duck({.memory_limit_bytes = 20 << 20, .threads = 1});
  auto status =
      duck.Run("CREATE TEMP TABLE t AS SELECT DISTINCT md5(i::VARCHAR) FROM range(3000000) t(i)");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  EXPECT_THAT(status.error().next, HasSubstr("memory"));
}

TEST(DuckTest, SettingsAreLocked) {
  Duck duck({});
  EXPECT_FALSE(duck.Run("SET memory_limit = '10GB'"));
  EXPECT_FALSE(duck.Run("SET TimeZone = 'Asia/Tokyo'"));
}

TEST(DuckTest, FileThatIsNoParquetIsNamed) {
  const std::string path = testing::TempDir() + "no-" + std::to_string(::getpid()) + ".parquet";
  std::ofstream(path) << "this is not the file you are looking for";
  Duck duck({});
  auto rows = duck.Rows("SELECT * FROM read_parquet(" + QuoteLiteral(path) + ")");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Code::kCorrupt);
  EXPECT_EQ(rows.error().where, path);
}

TEST(DuckErrorTest, NothingOfAMessageIsPassedOnWhateverItSays) {
  const std::string sql = "SELECT * FROM read_parquet('/t/a.parquet')";
  for (const char* kind :
       {"Conversion", "IO", "Invalid Input", "Invalid", "Serialization", "Out of Range",
        "Mismatch Type", "Not implemented", "Missing Extension", "Binder", "Constraint", "Parser",
        "Catalog", "INTERNAL", "FATAL", "Out of Memory", "Interrupt", "What No Version Knows"}) {
    const std::string message = std::string(kind) +
                                " Error: Could not convert string 'MARKER' (\"/MARKER/x\") of "
                                "\"/t/a.parquet\" to MARKER\n\n"
                                "LINE 1: MARKER";
    const Error error = ErrorOfDuck(message, sql);
    EXPECT_THAT(error.Message(), Not(HasSubstr("MARKER"))) << kind;
    EXPECT_EQ(error.where, "/t/a.parquet") << kind;
    EXPECT_FALSE(error.what.empty() || error.next.empty()) << kind;
  }
}

TEST(DuckErrorTest, FileIsNamedAsTheStatementNamesIt) {
  const std::string sql =
      "SELECT '/no', * FROM read_parquet(['/t [[]*] ''q''/a', '/t [[]*] ''q''/b'])";
  EXPECT_EQ(ErrorOfDuck("IO Error: No such file '/t [*] 'q'/b'", sql).where, "/t [*] 'q'/b");
  EXPECT_EQ(ErrorOfDuck("IO Error: No files match '/t [[]*] 'q'/a'", sql).where, "/t [*] 'q'/a");
  EXPECT_EQ(ErrorOfDuck("IO Error: '/secret/x'", sql).where, "");
  EXPECT_EQ(ErrorOfDuck("IO Error: '/a/bc'", "read_parquet(['/a/b', '/a/bc'])").where, "/a/bc");
}

TEST(DuckErrorTest, TextThatIsNotUtf8IsSaidAndNotQuoted) {
  Duck duck({});
  const auto rows = duck.Rows("SELECT decode('MARKER\\xff'::BLOB)");
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().Message(), Not(HasSubstr("MARKER")));
}

TEST(DuckTest, AbsentFileIsNotFound) {
  Duck duck({});
  auto rows = duck.Rows("SELECT * FROM read_parquet('/nonexistent/a.parquet')");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Code::kNotFound);
  EXPECT_EQ(rows.error().where, "/nonexistent/a.parquet");
}

TEST(DuckTest, BadSqlIsABug) {
  Duck duck({});
  EXPECT_EQ(duck.Run("SELEC").error().code, Code::kInternal);
}

TEST(DuckTest, VersionNamesTheEngine) {
  Duck duck({});
  EXPECT_THAT(*duck.Version(), testing::StartsWith("duckdb 1."));
}

}  // namespace
}  // namespace salvor::delta
