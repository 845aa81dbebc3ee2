// Each refusal, by name, and what must not be refused.
#include "delta/recovery/compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TableConfiguration MakeConfiguration(const Json& protocol, const Json& metadata) {
  return {.protocol = ParseProtocol(protocol["protocol"]).value(),
          .metadata = ParseMetadata(metadata["metaData"]).value()};
}
TableConfiguration Plain(const Json& schema, Json configuration = Json::object()) {
  return MakeConfiguration(TestTable::Protocol(),
                           TestTable::Metadata(std::move(configuration), schema));
}
TableConfiguration Configured(const std::vector<std::string>& features,
                              Json configuration = Json::object(),
                              const Json& schema = TestTable::UsualSchema()) {
  return MakeConfiguration(TestTable::Features({}, features),
                           TestTable::Metadata(std::move(configuration), schema));
}

Json Columns(std::vector<Json> fields) {
  fields.insert(fields.begin(), TestTable::Field("d", "string"));
  return TestTable::Schema(Json(fields));
}
std::string Judge(const TableConfiguration& then, const TableConfiguration& today) {
  auto refusal = SchemaRefusal(then, today);
  EXPECT_TRUE(refusal) << refusal.error().Message();
  return refusal ? *refusal : "";
}
std::string JudgeColumns(const std::vector<Json>& then, const std::vector<Json>& today) {
  return Judge(Plain(Columns(then)), Plain(Columns(today)));
}

AddFile File(const std::string& path) {
  return ParseAdd({{"path", path},
                   {"partitionValues", {{"d", "a"}}},
                   {"size", 1},
                   {"stats", "{\"numRecords\":20}"}})
      .value();
}
AddFile FileWithVector(const std::string& path) {
  AddFile file = File(path);
  file.deletion_vector =
      std::make_shared<const DeletionVector>(DeletionVector{.storage_type = "i",
                                                            .path_or_inline = "x",
                                                            .offset = {},
                                                            .size_in_bytes = 1,
                                                            .cardinality = 3});
  return file;
}

TEST(CompatibilityTest, PlainTableMayBeWritten) {
  EXPECT_THAT(TableRefusal(Plain(TestTable::UsualSchema())), IsEmpty());
  EXPECT_THAT(Judge(Plain(TestTable::UsualSchema()), Plain(TestTable::UsualSchema())), IsEmpty());
}

class HarmlessFeature : public ::testing::TestWithParam<const char*> {};
TEST_P(HarmlessFeature, DoesNotStopRestoring) {
  EXPECT_THAT(TableRefusal(Configured({GetParam()})), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(CompatibilityTest, HarmlessFeature,
                         ::testing::Values("allowColumnDefaults", "vacuumProtocolCheck",
                                           "checkpointProtection", "timestampNtz", "variantType",
                                           "domainMetadata", "appendOnly", "changeDataFeed",
                                           "inCommitTimestamp", "deletionVectors", "columnMapping",
                                           "v2Checkpoint", "rowTracking", "typeWidening",
                                           "identityColumns"),
                         [](const auto& feature) { return std::string(feature.param); });

class RefusedFeature : public ::testing::TestWithParam<const char*> {};
TEST_P(RefusedFeature, IsRefusedByName) {
  EXPECT_THAT(TableRefusal(Configured({GetParam()})), HasSubstr(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(CompatibilityTest, RefusedFeature,
                         ::testing::Values("catalogManaged", "catalogOwned-preview",
                                           "coordinatedCommits-preview",
                                           "redirectReaderWriter-preview", "clustering",
                                           "icebergWriterCompatV1", "whoKnowsWhat"));

TEST(CompatibilityTest, IcebergCompatibilityIsRefusedOnlyWhileItIsOn) {
  EXPECT_THAT(TableRefusal(Configured({"icebergCompatV2"})), IsEmpty());
  EXPECT_THAT(
      TableRefusal(Configured({"icebergCompatV2"}, {{"delta.enableIcebergCompatV2", "true"}})),
      HasSubstr("icebergCompatV2"));
}

TEST(CompatibilityTest, NewerProtocolIsRefused) {
  EXPECT_THAT(TableRefusal(MakeConfiguration(TestTable::Protocol(3, 8), TestTable::Metadata())),
              HasSubstr("newer"));
}

TEST(CompatibilityTest, CoordinatedCommitsPropertyIsRefusedWithoutItsFeature) {
  EXPECT_THAT(TableRefusal(Plain(TestTable::UsualSchema(),
                                 {{"delta.coordinatedCommits.commitCoordinator-preview", "x"}})),
              HasSubstr("coordinatedCommits"));
}

TEST(CompatibilityTest, ColumnAddedSinceIsNoObstacle) {
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")},
                           {TestTable::Field("x", "long"), TestTable::Field("y", "string")}),
              IsEmpty());
}

TEST(CompatibilityTest, ColumnDroppedSinceIsRefused) {
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long"), TestTable::Field("y", "string")},
                           {TestTable::Field("x", "long")}),
              HasSubstr("'y'"));
}

TEST(CompatibilityTest, NestedColumnDroppedSinceIsRefused) {
  const Json both =
      TestTable::Schema({TestTable::Field("p", "long"), TestTable::Field("q", "long")});
  const Json one = TestTable::Schema(Json::array({TestTable::Field("p", "long")}));
  EXPECT_THAT(JudgeColumns({TestTable::Field("s", both)}, {TestTable::Field("s", one)}),
              HasSubstr("'s.q'"));
  EXPECT_THAT(JudgeColumns({TestTable::Field("s", one)}, {TestTable::Field("s", both)}), IsEmpty());
}

TEST(CompatibilityTest, ChangedTypeIsRefusedUnlessTheTableWidensTypes) {
  const Json narrow = Columns({TestTable::Field("x", "integer")});
  const Json wide = Columns({TestTable::Field("x", "long")});
  EXPECT_THAT(Judge(Plain(narrow), Plain(wide)), HasSubstr("'x' was integer and is long"));
  EXPECT_THAT(Judge(Plain(narrow), Configured({"typeWidening"}, Json::object(), wide)), IsEmpty());
  EXPECT_THAT(Judge(Plain(wide), Configured({"typeWidening"}, Json::object(), narrow)),
              HasSubstr("'x'"));
}

TEST(CompatibilityTest, NotNullColumnMadeSinceIsRefused) {
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")}, {TestTable::Field("x", "long", false)}),
              HasSubstr("NOT NULL"));
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")},
                           {TestTable::Field("x", "long"), TestTable::Field("y", "long", false)}),
              HasSubstr("NOT NULL"));
  EXPECT_THAT(
      JudgeColumns({TestTable::Field("x", "long", false)}, {TestTable::Field("x", "long", false)}),
      IsEmpty());
}

TEST(CompatibilityTest, NotNullInsideANewStructIsNoObstacle) {
  const Json inner = TestTable::Schema(Json::array({TestTable::Field("p", "long", false)}));
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")},
                           {TestTable::Field("x", "long"), TestTable::Field("s", inner)}),
              IsEmpty());
}

TEST(CompatibilityTest, MapKeysAreNotTakenForNotNullColumns) {
  const Json map = {
      {"type", "map"}, {"keyType", "string"}, {"valueType", "long"}, {"valueContainsNull", true}};
  EXPECT_THAT(JudgeColumns({TestTable::Field("m", map)}, {TestTable::Field("m", map)}), IsEmpty());
}

TEST(CompatibilityTest, ListThatMayHoldNoNullsAnyMoreIsRefused) {
  auto list = [](bool nulls) {
    return Json{{"type", "array"}, {"elementType", "long"}, {"containsNull", nulls}};
  };
  EXPECT_THAT(
      JudgeColumns({TestTable::Field("l", list(true))}, {TestTable::Field("l", list(false))}),
      HasSubstr("'l.element'"));
}

TEST(CompatibilityTest, CheckConstraintMadeSinceIsRefused) {
  const Json checked = {{"delta.constraints.positive", "x > 0"}};
  const Json schema = TestTable::UsualSchema();
  EXPECT_THAT(Judge(Plain(schema), Plain(schema, checked)), HasSubstr("'positive'"));
  EXPECT_THAT(Judge(Plain(schema, checked), Plain(schema, checked)), IsEmpty());
  EXPECT_THAT(Judge(Plain(schema, checked), Plain(schema)), IsEmpty());
}

TEST(CompatibilityTest, InvariantOrGenerationMadeSinceIsRefused) {
  const Json invariant = {{"delta.invariants", "{\"expression\":{\"expression\":\"x > 3\"}}"}};
  const Json generation = {{"delta.generationExpression", "x + 1"}};
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")},
                           {TestTable::Field("x", "long", true, invariant)}),
              HasSubstr("invariant"));
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long")},
                           {TestTable::Field("x", "long", true, generation)}),
              HasSubstr("generated"));
  EXPECT_THAT(JudgeColumns({TestTable::Field("x", "long", true, generation)},
                           {TestTable::Field("x", "long", true, generation)}),
              IsEmpty());
}

Json Mapped(const std::string& name, const std::string& physical, int id) {
  return TestTable::Field(
      name, "long", true,
      {{"delta.columnMapping.physicalName", physical}, {"delta.columnMapping.id", id}});
}
TableConfiguration MappedTable(const std::string& mode, std::vector<Json> fields) {
  fields.insert(fields.begin(), TestTable::Field("d", "string", true,
                                                 {{"delta.columnMapping.physicalName", "d"},
                                                  {"delta.columnMapping.id", 1}}));
  return Configured({"columnMapping"}, {{"delta.columnMapping.mode", mode}},
                    TestTable::Schema(Json(fields)));
}

TEST(CompatibilityTest, RenamedColumnIsTheSameByItsPhysicalName) {
  EXPECT_THAT(Judge(MappedTable("name", {Mapped("x", "col-1", 2)}),
                    MappedTable("name", {Mapped("renamed", "col-1", 2)})),
              IsEmpty());
}

TEST(CompatibilityTest, NameUsedAgainForAnotherColumnIsNotTheSame) {
  EXPECT_THAT(Judge(MappedTable("name", {Mapped("x", "col-1", 2)}),
                    MappedTable("name", {Mapped("x", "col-9", 3)})),
              HasSubstr("'x'"));
}

TEST(CompatibilityTest, OtherFieldIdIsRefusedWhereIdsDecide) {
  EXPECT_THAT(Judge(MappedTable("id", {Mapped("x", "col-1", 2)}),
                    MappedTable("id", {Mapped("x", "col-1", 7)})),
              HasSubstr("field id"));
}

TEST(CompatibilityTest, UpgradeToNameMappingKeepsOldNames) {
  const TableConfiguration then = Plain(Columns({TestTable::Field("x", "long")}));
  EXPECT_THAT(Judge(then, MappedTable("name", {Mapped("renamed", "x", 2)})), IsEmpty());
  EXPECT_THAT(Judge(then, MappedTable("name", {Mapped("x", "col-1", 2)})), HasSubstr("'x'"));
}

TEST(CompatibilityTest, MappingThatWasTakenAwayIsRefused) {
  const TableConfiguration today = Plain(Columns({TestTable::Field("x", "long")}));
  EXPECT_THAT(Judge(MappedTable("name", {Mapped("x", "col-1", 2)}), today),
              HasSubstr("column mapping was 'name'"));
  EXPECT_THAT(
      Judge(MappedTable("name", {Mapped("x", "x", 2)}), MappedTable("id", {Mapped("x", "x", 2)})),
      HasSubstr("column mapping"));
}

TEST(CompatibilityTest, OtherPartitionColumnsAreRefused) {
  Json other = TestTable::Metadata();
  other["metaData"]["partitionColumns"] = {"d", "x"};
  EXPECT_THAT(
      Judge(Plain(TestTable::UsualSchema()), MakeConfiguration(TestTable::Protocol(), other)),
      HasSubstr("partition columns"));
}

TEST(CompatibilityTest, UnreadableSchemaIsCorrupt) {
  Json broken = TestTable::Metadata();
  broken["metaData"]["schemaString"] = "{\"type\":\"struct\"}";
  const auto refusal = SchemaRefusal(MakeConfiguration(TestTable::Protocol(), broken),
                                     Plain(TestTable::UsualSchema()));
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().code, Code::kCorrupt);
}

TEST(CompatibilityTest, VectorNeedsTheFeatureOfToday) {
  EXPECT_THAT(
      FilesRefusal(Plain(TestTable::UsualSchema()), model::Mode::kAdd, {FileWithVector("x")}, {}),
      HasSubstr("deletionVectors"));
  EXPECT_THAT(
      FilesRefusal(Configured({"deletionVectors"}), model::Mode::kAdd, {FileWithVector("x")}, {}),
      IsEmpty());
}

TEST(CompatibilityTest, VectorNeedsACount) {
  AddFile file = FileWithVector("x");
  file.num_records.reset();
  EXPECT_THAT(FilesRefusal(Configured({"deletionVectors"}), model::Mode::kAdd, {file}, {}),
              HasSubstr("counts no rows"));
}

TEST(CompatibilityTest, TrackedRowsNeedTheirIds) {
  const TableConfiguration today = Configured({"rowTracking", "domainMetadata"});
  AddFile file = File("x");
  EXPECT_THAT(FilesRefusal(today, model::Mode::kAdd, {file}, {}), HasSubstr("row ids"));
  file.has_row_ids = true;
  EXPECT_THAT(FilesRefusal(today, model::Mode::kAdd, {file}, {}), IsEmpty());
}

TEST(CompatibilityTest, AppendOnlyAllowsAddingAndNothingElse) {
  const TableConfiguration today = Plain(TestTable::UsualSchema(), {{"delta.appendOnly", "true"}});
  EXPECT_THAT(FilesRefusal(today, model::Mode::kAdd, {File("x")}, {}), IsEmpty());
  EXPECT_THAT(FilesRefusal(today, model::Mode::kReplace, {File("x")}, {File("y")}),
              HasSubstr("append-only"));
  EXPECT_THAT(FilesRefusal(today, model::Mode::kInvert, {File("x")}, {File("y")}),
              HasSubstr("append-only"));
}

TEST(CompatibilityTest, ChangedVectorUnderAChangeDataFeedIsRefused) {
  const TableConfiguration today =
      Configured({"deletionVectors", "changeDataFeed"}, {{"delta.enableChangeDataFeed", "true"}});
  EXPECT_THAT(FilesRefusal(today, model::Mode::kReplace, {File("x")}, {FileWithVector("x")}),
              HasSubstr("change data feed"));
  EXPECT_THAT(FilesRefusal(today, model::Mode::kReplace, {File("x")}, {File("y")}), IsEmpty());
}

TEST(CompatibilityTest, WarningsNameWhatFollows) {
  const auto warnings = WritingWarnings(
      Configured({"changeDataFeed", "appendOnly"},
                 {{"delta.enableChangeDataFeed", "true"}, {"delta.appendOnly", "true"}}));
  EXPECT_THAT(warnings, ::testing::ElementsAre(HasSubstr("Streams"), HasSubstr("change data feed"),
                                               HasSubstr("cannot be undone")));
}

TEST(CompatibilityTest, DigestsMoveWithWhatDecidesAndWithNothingElse) {
  const auto digest = [](const TableConfiguration& configuration) {
    return DigestConfiguration(configuration).value();
  };
  const TableConfiguration usual = Plain(TestTable::UsualSchema());
  Json commented = Columns({TestTable::Field("x", "long", true, {{"comment", "counts"}})});
  EXPECT_EQ(digest(usual), digest(Plain(commented, {{"delta.checkpointInterval", "5"}})));
  EXPECT_NE(digest(usual).schema,
            digest(Plain(Columns({TestTable::Field("x", "integer")}))).schema);
  EXPECT_NE(
      digest(usual).constraints,
      digest(Plain(TestTable::UsualSchema(), {{"delta.constraints.c", "x > 0"}})).constraints);
  EXPECT_NE(digest(usual).protocol,
            digest(Plain(TestTable::UsualSchema(), {{"delta.appendOnly", "true"}})).protocol);
  EXPECT_NE(digest(usual).protocol, digest(Configured({"deletionVectors"})).protocol);
  Json other = TestTable::Metadata();
  other["metaData"]["partitionColumns"] = {"x"};
  EXPECT_NE(digest(usual).layout, digest(MakeConfiguration(TestTable::Protocol(), other)).layout);
}

}  // namespace
}  // namespace salvor::delta
