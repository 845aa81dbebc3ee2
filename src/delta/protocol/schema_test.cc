#include "delta/protocol/schema.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

Metadata Table(std::string schema, std::map<std::string, std::string> configuration = {}) {
  Metadata metadata;
  metadata.schema = std::move(schema);
  metadata.configuration = std::move(configuration);
  return metadata;
}

std::string Struct(const std::string& fields) {
  return R"({"type":"struct","fields":[)" + fields + "]}";
}

TEST(SchemaTest, NestedTypesAndNullability) {
  const auto schema = ParseSchema(Table(Struct(R"json(
      {"name":"id","type":"long","nullable":false,"metadata":{}},
      {"name":"s","type":{"type":"struct","fields":[
          {"name":"tags","type":{"type":"array","elementType":"string","containsNull":false},
           "nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},
      {"name":"m","type":{"type":"map","keyType":"date","valueType":"decimal(10,2)",
          "valueContainsNull":true},"nullable":true,"metadata":{}})json")))
                          .value();
  ASSERT_EQ(schema.fields.size(), 3U);
  EXPECT_FALSE(schema.fields[0].nullable);
  EXPECT_EQ(schema.fields[0].physical_name, "id");
  EXPECT_FALSE(schema.fields[1].type.fields[0].type.elements_nullable);
  EXPECT_EQ(FormatType(schema.fields[1].type), "struct<tags: array<string>>");
  EXPECT_EQ(FormatType(schema.fields[2].type), "map<date, decimal(10,2)>");
}

TEST(SchemaTest, PhysicalNamesCountOnlyUnderMapping) {
  const std::string text = Struct(R"({"name":"a","type":"string","nullable":true,"metadata":{
      "delta.columnMapping.id":4,"delta.columnMapping.physicalName":"col-1"}})");
  EXPECT_EQ(ParseSchema(Table(text)).value().fields[0].physical_name, "a");
  const auto mapped = ParseSchema(Table(text, {{"delta.columnMapping.mode", "name"}})).value();
  EXPECT_EQ(mapped.mapping, MappingMode::kName);
  EXPECT_EQ(mapped.fields[0].physical_name, "col-1");
  EXPECT_EQ(mapped.fields[0].id, 4);
}

TEST(SchemaTest, MappedFieldWithoutItsNamesIsCorrupt) {
  const std::string bare = Struct(R"({"name":"a","type":"string","metadata":{}})");
  const std::string named =
      Struct(R"({"name":"a","type":"string","metadata":{"delta.columnMapping.physicalName":"p"}})");
  EXPECT_EQ(ParseSchema(Table(bare, {{"delta.columnMapping.mode", "name"}})).error().code,
            Code::kCorrupt);
  EXPECT_EQ(ParseSchema(Table(named, {{"delta.columnMapping.mode", "id"}})).error().code,
            Code::kCorrupt);
}

TEST(SchemaTest, UnknownMappingModeIsUnsupported) {
  EXPECT_EQ(ParseSchema(Table(Struct(""), {{"delta.columnMapping.mode", "x"}})).error().code,
            Code::kUnsupported);
}

TEST(SchemaTest, IdentityColumnsAreKnown) {
  const auto schema = ParseSchema(Table(Struct(R"(
      {"name":"c","type":"long","metadata":{"delta.identity.start":1}},
      {"name":"d","type":"long","metadata":{}})")))
                          .value();
  EXPECT_TRUE(schema.fields[0].IsIdentity());
  EXPECT_FALSE(schema.fields[1].IsIdentity());
}

TEST(SchemaTest, BrokenTextsAreCorrupt) {
  std::string deep = R"("long")";
  for (int i = 0; i < 200; ++i) deep = R"({"type":"array","elementType":)" + deep + "}";
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string(R"({"type":"struct"})"), Struct("1"),
        Struct(R"({"name":"a"})"), Struct(R"({"name":"a","type":{"type":"array"}})"),
        Struct(R"({"name":"a","type":{"type":"union"}})"), Struct(R"({"name":"a","type":7})"),
        Struct(R"({"name":"a","type":"long"},{"name":"A","type":"long"})"),
        Struct(R"({"name":"a","type":"long","nullable":"no"})"),
        Struct(R"({"name":"a","type":)" + deep + "}")}) {
    EXPECT_EQ(ParseSchema(Table(text)).error().code, Code::kCorrupt) << text.substr(0, 80);
  }
}

TEST(SchemaTest, Decimals) {
  const auto shape = ParseDecimal("decimal(12, 4)").value();
  EXPECT_EQ(shape->precision, 12);
  EXPECT_EQ(shape->scale, 4);
  EXPECT_FALSE(ParseDecimal("string").value().has_value());
  for (const char* text : {"decimal(39,1)", "decimal(4,5)", "decimal(4)", "decimal(a,b)",
                           "decimal(1,1,1)", "decimal()"}) {
    EXPECT_EQ(ParseDecimal(text).error().code, Code::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace salvor::delta
