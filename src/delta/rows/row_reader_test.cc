#include "delta/rows/row_reader.h"
#include "delta/parquet/footer_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>

#include "io/posix_fs.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

std::string FieldJson(const std::string& name, const std::string& type,
                      const std::string& metadata = "{}") {
  return R"({"name":")" + name + R"(","nullable":true,"type":)" + type + R"(,"metadata":)" +
         metadata + "}";
}

std::string Primitive(const std::string& name) { return '"' + name + '"'; }

std::string Mapped(const std::string& physical, int id) {
  return R"({"delta.columnMapping.physicalName":")" + physical + R"(","delta.columnMapping.id":)" +
         std::to_string(id) + "}";
}

class RowsTest : public ::testing::Test {
 protected:
  RowsTest() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    SetSchema({FieldJson("a", Primitive("long")), FieldJson("b", Primitive("string"))});
  }

  ~RowsTest() override { std::filesystem::remove_all(root_); }

  void SetSchema(const std::vector<std::string>& fields) {
    std::string list;
    for (const std::string& field : fields) list += (list.empty() ? "" : ",") + field;
    head_.metadata.schema = R"({"type":"struct","fields":[)" + list + "]}";
  }

  void PartitionBy(const std::string& name) {
    head_.metadata.partition_columns = {name};
    head_.columns = {{name, model::ColumnType::kString}};
    head_.physical_partition_columns = {name};
    head_.partition_types = {{.type = model::ColumnType::kString}};
  }

  // Writes the query's rows to a file; the file as a log would name it.
  const AddFile* Write(const std::string& query, const std::string& options = "") {
    const std::string name = "f" + std::to_string(files_.size()) + ".parquet";
    const Status written = duck_.Run("COPY (" + query + ") TO " + QuoteLiteral(root_ + "/" + name) +
                                     " (FORMAT parquet" + options + ")");
    EXPECT_TRUE(written) << written.error().Message();
    AddFile file;
    file.path = name;
    files_.push_back(std::move(file));
    return &files_.back();
  }

  Result<std::vector<model::Fingerprint>> Try(
      const std::vector<std::vector<const AddFile*>>& sets) {
    std::vector<RowSet> row_sets;
    for (const auto& set : sets) row_sets.push_back({root_, set});
    return Rows(fs_, duck_, head_).Fingerprints(row_sets);
  }

  model::Fingerprint Print(const std::vector<const AddFile*>& set) {
    auto prints = Try({set});
    EXPECT_TRUE(prints) << prints.error().Message();
    return prints ? prints->at(0) : model::Fingerprint{};
  }

  int64_t Common(const std::vector<const AddFile*>& a, const std::vector<const AddFile*>& b) {
    auto common = Rows(fs_, duck_, head_).CommonRows({root_, a}, {root_, b});
    EXPECT_TRUE(common) << common.error().Message();
    return common.value_or(-1);
  }

  // Every value in a row of its own; all fingerprints, and all rows, must differ.
  void ExpectAllDiffer(const std::string& type, const std::vector<std::string>& values) {
    SetSchema({FieldJson("v", type)});
    std::vector<const AddFile*> files;
    for (const std::string& value : values) files.push_back(Write("SELECT " + value + " AS v"));
    for (size_t i = 0; i < files.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        EXPECT_NE(Print({files[i]}), Print({files[j]})) << values[i] << " " << values[j];
        EXPECT_EQ(Common({files[i]}, {files[j]}), 0) << values[i] << " " << values[j];
      }
      EXPECT_EQ(Common({files[i]}, {Write("SELECT " + values[i] + " AS v")}), 1) << values[i];
    }
  }

  // Its own for each test and process: tests run side by side.
  std::string root_ = ::testing::TempDir() + "salvor-rows [*] %41 'q' " +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name() + "-" +
                      std::to_string(::getpid());
  io::PosixFs fs_;
  Duck duck_{Duck::Options{}};
  TableHead head_;
  std::deque<AddFile> files_;
};

TEST_F(RowsTest, OrderAndFilesDoNotMatter) {
  const auto* one =
      Write("SELECT 1::BIGINT a, 'x' b UNION ALL SELECT 2, 'y' UNION ALL SELECT 2, 'y'");
  const auto* two = Write("SELECT 2::BIGINT a, 'y' b");
  const auto* three = Write("SELECT 2::BIGINT a, 'y' b UNION ALL SELECT 1, 'x'");
  EXPECT_EQ(Print({one}).rows, 3);
  EXPECT_EQ(Print({one}), Print({two, three}));
  EXPECT_EQ(Print({one}), Print({three, two}));
  EXPECT_THAT(Print({one}).algorithm, ::testing::StartsWith("salvor-1/duckdb-"));
  EXPECT_EQ(Common({one}, {two, three}), 3);
}

TEST_F(RowsTest, DuplicatesCount) {
  const auto* once = Write("SELECT 1::BIGINT a, 'x' b");
  const auto* twice = Write("SELECT 1::BIGINT a, 'x' b FROM range(2)");
  const auto* thrice = Write("SELECT 1::BIGINT a, 'x' b FROM range(3)");
  EXPECT_NE(Print({once}), Print({twice}));
  EXPECT_NE(Print({once}), Print({thrice}));  // the xor alone is the same
  EXPECT_EQ(Common({twice}, {thrice}), 2);
}

TEST_F(RowsTest, ValuesSwappedBetweenRowsAreSeen) {
  const auto* straight = Write("SELECT 1::BIGINT a, 'x' b UNION ALL SELECT 2, 'y'");
  const auto* crossed = Write("SELECT 1::BIGINT a, 'y' b UNION ALL SELECT 2, 'x'");
  EXPECT_NE(Print({straight}).exclusive_or, Print({crossed}).exclusive_or);
  EXPECT_NE(Print({straight}).sum, Print({crossed}).sum);
  EXPECT_EQ(Common({straight}, {crossed}), 0);
}

TEST_F(RowsTest, NothingIsTheFingerprintOfNoFiles) {
  const auto* empty = Write("SELECT 1::BIGINT a, 'x' b WHERE false");
  EXPECT_EQ(Print({}), Print({empty}));
  EXPECT_EQ(Print({}).rows, 0);
  EXPECT_EQ(Common({}, {empty}), 0);
}

TEST_F(RowsTest, TableWithoutFilesNeedsNoSchema) {
  head_.metadata.schema = "";
  EXPECT_EQ(Print({}).rows, 0);
  EXPECT_EQ(Common({}, {}), 0);
}

TEST_F(RowsTest, TextsAndNullDiffer) {
  ExpectAllDiffer(Primitive("string"), {"NULL::VARCHAR", "''", "'NULL'", "' '", "'0'"});
}

TEST_F(RowsTest, ListsDiffer) {
  ExpectAllDiffer(R"({"type":"array","elementType":"string","containsNull":true})",
                  {"NULL::VARCHAR[]", "[]::VARCHAR[]", "[NULL]::VARCHAR[]", "['NULL']", "['']",
                   "['null']", "[NULL,NULL]::VARCHAR[]", "['a','b']", "['a\",\"b']", "['b','a']"});
}

TEST_F(RowsTest, NestedListsDiffer) {
  ExpectAllDiffer(
      R"({"type":"array","containsNull":true,
          "elementType":{"type":"array","elementType":"integer","containsNull":true}})",
      {"[[1],[2]]", "[[1,2]]", "[[1,2],[]]", "[[1,2],NULL]", "[[],[1,2]]", "[NULL]::INT[][]",
       "[[NULL]]::INT[][]"});
}

TEST_F(RowsTest, StructsDiffer) {
  ExpectAllDiffer(
      R"({"type":"struct","fields":[)" + FieldJson("x", Primitive("string")) + "," +
          FieldJson("y", Primitive("string")) + "]}",
      {"NULL::STRUCT(x VARCHAR, y VARCHAR)", "{'x': NULL::VARCHAR, 'y': NULL::VARCHAR}",
       "{'x': 'a', 'y': NULL::VARCHAR}", "{'x': NULL::VARCHAR, 'y': 'a'}", "{'x': '', 'y': ''}"});
}

TEST_F(RowsTest, MapsDiffer) {
  ExpectAllDiffer(
      R"({"type":"map","keyType":"string","valueType":"double","valueContainsNull":true})",
      {"NULL::MAP(VARCHAR, DOUBLE)", "MAP {}::MAP(VARCHAR, DOUBLE)", "MAP {'a': NULL::DOUBLE}",
       "MAP {'a': 0.0::DOUBLE}", "MAP {'a': -(0.0::DOUBLE)}", "MAP {'a': 'nan'::DOUBLE}",
       "MAP {'a': 1::DOUBLE, 'b': 2}", "MAP {'b': 2::DOUBLE, 'a': 1}"});
}

TEST_F(RowsTest, ZerosHaveASignAndNanIsItself) {
  for (const std::string type : {"double", "float"}) {
    ExpectAllDiffer(Primitive(type), {"0.0::" + type, "-(0.0::" + type + ")", "NULL::" + type,
                                      "'nan'::" + type, "'inf'::" + type, "'-inf'::" + type});
  }
}

TEST_F(RowsTest, BytesAndDecimalsAndTimes) {
  ExpectAllDiffer(Primitive("binary"),
                  {"'\\x00'::BLOB", "''::BLOB", "NULL::BLOB", "'\\x00\\x00'::BLOB"});
  ExpectAllDiffer(Primitive("decimal(38,2)"),
                  {"12345678901234567890123456789012345.67::DECIMAL(38,2)",
                   "12345678901234567890123456789012345.68::DECIMAL(38,2)"});
  ExpectAllDiffer(Primitive("timestamp"), {"TIMESTAMPTZ '2024-01-01 00:00:00.000001+00'",
                                           "TIMESTAMPTZ '2024-01-01 00:00:00+00'"});
}

TEST_F(RowsTest, WidenedAndAddedColumnsAreReadAsTheTableHasThem) {
  SetSchema({FieldJson("a", Primitive("long")), FieldJson("b", Primitive("string")),
             FieldJson("c", Primitive("double")), FieldJson("d", Primitive("decimal(12,4)")),
             FieldJson("e", Primitive("timestamp_ntz"))});
  const auto* old = Write("SELECT 7::SMALLINT a, 'x' b, 1.5::DECIMAL(4,2) d, DATE '2024-01-01' e");
  const auto* now = Write(
      "SELECT NULL::DOUBLE c, 'x' b, TIMESTAMP '2024-01-01' e, 7::BIGINT a, 1.5::DECIMAL(12,4) d");
  EXPECT_EQ(Print({old}), Print({now}));
  EXPECT_EQ(Common({old}, {now}), 1);
  EXPECT_EQ(Print({old, now}).rows, 2);
}

TEST_F(RowsTest, NarrowerOrOtherTypesAreRefusedByName) {
  const auto* text = Write("SELECT '7' a, 'x' b");
  const auto refused = Try({{text}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_THAT(refused.error().what, HasSubstr("'a'"));
  EXPECT_THAT(refused.error().where, HasSubstr(text->path));
  const auto* fraction = Write("SELECT 7.5::DOUBLE a, 'x' b");
  EXPECT_EQ(Try({{fraction}}).error().code, Code::kUnsupported);
}

TEST_F(RowsTest, TypesThatCannotBeReadAreRefusedByName) {
  SetSchema({FieldJson("v", Primitive("variant"))});
  const auto refused = Try({{Write("SELECT 1 AS other")}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_THAT(refused.error().what, HasSubstr("variant"));
}

TEST_F(RowsTest, CaseOfNamesDoesNotMatter) {
  EXPECT_EQ(Print({Write("SELECT 1::BIGINT A, 'x' B")}),
            Print({Write("SELECT 1::BIGINT a, 'x' b")}));
}

TEST_F(RowsTest, NameMappingReadsPhysicalNamesAlsoWithin) {
  head_.metadata.configuration["delta.columnMapping.mode"] = "name";
  const std::string inner = R"({"type":"struct","fields":[)" +
                            FieldJson("new name", Primitive("long"), Mapped("col-2", 2)) + "," +
                            FieldJson("added", Primitive("string"), Mapped("col-3", 3)) + "]}";
  SetSchema({FieldJson("s", R"({"type":"array","containsNull":true,"elementType":)" + inner + "}",
                       Mapped("col-1", 1))});
  const auto* old = Write("SELECT [{'col-2': 5::INTEGER}, NULL] AS \"col-1\"");
  const auto* now =
      Write("SELECT [{'col-2': 5::BIGINT, 'col-3': NULL::VARCHAR}, NULL] AS \"col-1\"");
  const auto* other = Write(
      "SELECT [{'col-2': 5::BIGINT, 'col-3': NULL::VARCHAR}, "
      "{'col-2': NULL, 'col-3': NULL}] AS \"col-1\"");
  EXPECT_EQ(Print({old}), Print({now}));
  EXPECT_NE(Print({old}), Print({other}));
}

TEST_F(RowsTest, IdMappingReadsFieldIds) {
  head_.metadata.configuration["delta.columnMapping.mode"] = "id";
  SetSchema({FieldJson("a", Primitive("long"), Mapped("x", 1)),
             FieldJson("b", Primitive("string"), Mapped("y", 2))});
  const auto* one = Write("SELECT 5::BIGINT p, 'v' q", ", FIELD_IDS {p: 1, q: 2}");
  const auto* two = Write("SELECT 'v' p, 5::BIGINT q", ", FIELD_IDS {p: 2, q: 1}");
  EXPECT_EQ(Print({one}), Print({two}));
  const auto* none = Write("SELECT 5::BIGINT x, 'v' y");
  EXPECT_EQ(Try({{none}}).error().code, Code::kUnsupported);
}

TEST_F(RowsTest, MapsOfStructsGrow) {
  const std::string value = R"({"type":"struct","fields":[)" + FieldJson("x", Primitive("long")) +
                            "," + FieldJson("y", Primitive("string")) + "]}";
  SetSchema(
      {FieldJson("m", R"({"type":"map","keyType":"string","valueContainsNull":true,"valueType":)" +
                          value + "}")});
  const auto* old = Write("SELECT MAP {'k': {'x': 1::BIGINT}} AS m");
  const auto* now = Write("SELECT MAP {'k': {'x': 1::BIGINT, 'y': NULL::VARCHAR}} AS m");
  EXPECT_EQ(Print({old}), Print({now}));
}

TEST_F(RowsTest, PartitionValuesComeFromTheLog) {
  SetSchema({FieldJson("a", Primitive("long")), FieldJson("p", Primitive("string"))});
  PartitionBy("p");
  AddFile one = *Write("SELECT 1::BIGINT a, 'in the file' p");
  AddFile two = *Write("SELECT 1::BIGINT a");
  one.partition_values = {{"p", "x"}};
  two.partition_values = {{"p", "x"}};
  AddFile other = two;
  other.partition_values = {{"p", "y"}};
  AddFile null = two;
  null.partition_values = {{"p", std::nullopt}};
  EXPECT_EQ(Print({&one}), Print({&two}));
  EXPECT_NE(Print({&two}), Print({&other}));
  EXPECT_NE(Print({&two}), Print({&null}));
  EXPECT_EQ(Print({&two, &other}), Print({&other, &one}));
  EXPECT_EQ(Common({&one}, {&two}), 1);
  EXPECT_EQ(Common({&one}, {&other}), 0);
  EXPECT_EQ(Common({&two, &other}, {&other, &one}), 2);
}

TEST_F(RowsTest, DeletedRowsAreNotThere) {
  // PROTOCOL.md's example deletes rows 3, 4, 7, 11, 18 and 29.
  AddFile file = *Write("SELECT i AS a, 'x' AS b FROM range(40) t(i)");
  const AddFile whole = file;
  file.deletion_vector = std::make_shared<const DeletionVector>(DeletionVector{
      "i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", std::nullopt, 40, 6});
  const auto* rest =
      Write("SELECT i AS a, 'x' AS b FROM range(40) t(i) WHERE i NOT IN (3, 4, 7, 11, 18, 29)");
  const auto prints = Try({{&file}, {rest}, {&whole}, {&file, rest}}).value();
  EXPECT_EQ(prints[0].rows, 34);
  EXPECT_EQ(prints[0], prints[1]);
  EXPECT_EQ(prints[2].rows, 40);
  EXPECT_EQ(prints[3].rows, 68);
  EXPECT_EQ(Common({&file}, {rest}), 34);
  EXPECT_EQ(Common({&file}, {&whole}), 34);
  EXPECT_EQ(Common({&file, rest}, {&file}), 34);
}

TEST_F(RowsTest, HardLinkIsReadOnceAndEqual) {
  const auto* file = Write("SELECT i AS a, 'x' AS b FROM range(1000) t(i)");
  const std::string staging = root_ + "-staging";
  std::filesystem::remove_all(staging);
  std::filesystem::create_directories(staging);
  std::filesystem::create_hard_link(root_ + "/" + file->path, staging + "/g.parquet");
  AddFile linked;
  linked.path = "g.parquet";
  auto prints =
      Rows(fs_, duck_, head_).Fingerprints({{root_, {file}}, {staging, {&linked}}}).value();
  EXPECT_EQ(prints[0], prints[1]);
  EXPECT_EQ(prints[0].rows, 1000);
  EXPECT_EQ(Rows(fs_, duck_, head_).CommonRows({root_, {file}}, {staging, {&linked}}).value(),
            1000);
  std::filesystem::remove_all(staging);
}

TEST_F(RowsTest, OddColumnNames) {
  const std::string odd = R"(a \"q\" 'x' ,;%)";
  SetSchema({FieldJson(odd, Primitive("long")), FieldJson("file_index", Primitive("string")),
             FieldJson("h", Primitive("long")), FieldJson("c0", Primitive("long"))});
  const std::string name = QuoteIdentifier(R"(a "q" 'x' ,;%)");
  const auto* one =
      Write("SELECT 1::BIGINT " + name + ", 'z' file_index, 2::BIGINT h, 3::BIGINT c0");
  const auto* two = Write("SELECT 4::BIGINT c0, 2::BIGINT h, 'z' file_index, 1::BIGINT " + name);
  const auto prints = Try({{one}, {two}, {one, two}}).value();
  EXPECT_EQ(prints[2].rows, 2);
  EXPECT_NE(prints[0], prints[1]);
  EXPECT_EQ(Common({one, one}, {two, one}), 1);
}

TEST_F(RowsTest, AbsentAndBrokenFilesAreNamed) {
  AddFile absent;
  absent.path = "absent.parquet";
  const auto gone = Try({{&absent}});
  EXPECT_EQ(gone.error().code, Code::kNotFound);
  EXPECT_THAT(gone.error().where, HasSubstr("absent.parquet"));
  const auto* broken = Write("SELECT 1::BIGINT a, 'x' b");
  std::filesystem::resize_file(root_ + "/" + broken->path, 30);
  const auto corrupt = Try({{broken}});
  EXPECT_EQ(corrupt.error().code, Code::kCorrupt);
  EXPECT_THAT(corrupt.error().Message(), HasSubstr(broken->path));
}

TEST_F(RowsTest, FootersAreCounted) {
  const auto* three = Write("SELECT i AS a, 'x' AS b FROM range(3) t(i)");
  const auto* none = Write("SELECT 1::BIGINT a, 'x' b WHERE false");
  const auto counts = CountAllFooterRows(fs_, {root_ + "/" + three->path, root_ + "/absent.parquet",
                                               root_ + "/" + none->path, root_ + "/" + three->path})
                          .value();
  EXPECT_THAT(counts, ::testing::ElementsAre(3, std::nullopt, 0, 3));
  EXPECT_TRUE(CountAllFooterRows(fs_, {}).value().empty());
}

TEST_F(RowsTest, CommonRowsOfMoreThanMemoryHolds) {
  Duck small({.memory_limit_bytes = 48 << 20, .threads = 1});
  const auto* a = Write("SELECT i AS a, md5(i::VARCHAR) AS b FROM range(400000) t(i)");
  const auto* b = Write("SELECT i AS a, md5(i::VARCHAR) AS b FROM range(200000, 600000) t(i)");
  const auto common = Rows(fs_, small, head_).CommonRows({root_, {a}}, {root_, {b}});
  ASSERT_TRUE(common) << common.error().Message();
  EXPECT_EQ(*common, 200000);
}

}  // namespace
}  // namespace salvor::delta
