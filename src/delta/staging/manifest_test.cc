#include "delta/staging/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/commit/fresh_name.h"
#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

AddFile File(const std::string& path, bool vector) {
  Json raw = {{"path", path},
              {"partitionValues", {{"d", nullptr}}},
              {"size", 12},
              {"stats", "{\"numRecords\":5}"},
              {"tags", {{"k", "v\n\"ü\""}}}};
  if (vector) {
    raw["deletionVector"] = {{"storageType", "u"},
                             {"pathOrInlineDv", "ab^-aqEH.-t@S}K{vb[*k^"},
                             {"offset", 4},
                             {"sizeInBytes", 40},
                             {"cardinality", 2}};
  }
  return ParseAdd(raw).value();
}

Manifest MakeManifest() {
  Manifest manifest;
  manifest.plan_digest = std::string(64, 'a');
  manifest.configurations.emplace(
      7, TableConfiguration{.protocol = ParseProtocol(TestTable::Protocol()["protocol"]).value(),
                            .metadata = ParseMetadata(TestTable::Metadata()["metaData"]).value()});
  manifest.partitions = {{.snapshot = 7, .taken_out = {File("out.parquet", true)}}};
  manifest.vectors = {
      {.original = "/t/v.bin",
       .uuid = DerivedUuid(manifest.plan_digest, 0),
       .file = {.name = "v.bin", .size = 48, .mode = 0640, .gid = 12, .digest = {}}}};
  manifest.pieces = {{.partition = 0,
                      .add = File("d=x/a.parquet", true),
                      .file = {.name = "part-00000-aaaaaaaaaaaa.parquet",
                               .size = 12,
                               .mode = 0644,
                               .gid = 12,
                               .digest = {}},
                      .vector = 0},
                     {.partition = 0,
                      .add = File("d=x/b.parquet", false),
                      .file = {.name = "part-00001-aaaaaaaaaaaa.parquet",
                               .size = 12,
                               .mode = 0644,
                               .gid = 12,
                               .digest = {}},
                      .vector = {}}};
  return manifest;
}

std::string Format(const Manifest& manifest) { return FormatManifest(manifest).value(); }

TEST(ManifestTest, WhatIsWrittenReadsBackTheSame) {
  const std::string bytes = Format(MakeManifest());
  const auto again = ParseManifest(bytes, "m");
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(Format(*again), bytes);
  EXPECT_EQ(again->pieces[0].add.raw, MakeManifest().pieces[0].add.raw);
  EXPECT_EQ(again->vectors[0].file.mode, 0640U);
}

TEST(ManifestTest, ReadsTheSameInPiecesOfAnySize) {
  const std::string bytes = Format(MakeManifest());
  for (const size_t size : {size_t{1}, size_t{7}, size_t{100}, bytes.size()}) {
    ManifestReader reader("m", AddDetail::kWhole);
    for (size_t at = 0; at < bytes.size(); at += size)
      ASSERT_TRUE(reader.Take(std::string_view(bytes).substr(at, size))) << size;
    const auto again = reader.Finish();
    ASSERT_TRUE(again) << again.error().Message();
    EXPECT_EQ(Format(*again), bytes);
  }
}

TEST(ManifestTest, ForDecidingAloneTheEntriesAreNotKept) {
  const auto manifest = ParseManifest(Format(MakeManifest()), "m", AddDetail::kEssential);
  ASSERT_TRUE(manifest) << manifest.error().Message();
  const AddFile& file = manifest->pieces[0].add;
  EXPECT_EQ(file.raw, "");
  EXPECT_EQ(file.Key(), MakeManifest().pieces[0].add.Key());
  EXPECT_EQ(StagedAdd(*manifest, manifest->pieces[0]).raw, "");
}

TEST(ManifestTest, AnyMissingLineIsNoticed) {
  const std::string bytes = Format(MakeManifest());
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at) + 1;
    EXPECT_FALSE(ParseManifest(bytes.substr(0, at) + bytes.substr(end), "m")) << at;
    EXPECT_FALSE(ParseManifest(bytes.substr(0, end - 1), "m")) << at;
    at = end;
  }
}

TEST(ManifestTest, BrokenLineIsNamed) {
  std::string bytes = Format(MakeManifest());
  bytes.insert(bytes.find('\n') + 1, "{\"add\":7}\n");
  const auto manifest = ParseManifest(bytes, "copy/manifest.jsonl");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Code::kCorrupt);
  EXPECT_THAT(manifest.error().where, HasSubstr("copy/manifest.jsonl, line 2"));
}

TEST(ManifestTest, WhatIsNoNumberOfItsKindIsCorrupt) {
  const std::string bytes = Format(MakeManifest());
  const std::vector<std::pair<std::string, std::string>> odd = {
      {"\"format\":1", "\"format\":88888888888888888888888888888888881"},
      {"\"format\":1", "\"format\":4294967297"},
      {"\"partitions\":1", "\"partitions\":1.0"},
      {"\"partition\":0", "\"partition\":-1"},
      {"\"size\":48", "\"size\":true"},
      {"\"gid\":12", "\"gid\":4294967308"}};
  for (const auto& [right, wrong] : odd) {
    std::string changed = bytes;
    const size_t at = changed.find(right);
    ASSERT_NE(at, std::string::npos) << right;
    changed.replace(at, right.size(), wrong);
    const auto manifest = ParseManifest(changed, "m");
    ASSERT_FALSE(manifest) << wrong;
    EXPECT_EQ(manifest.error().code, Code::kCorrupt) << wrong;
  }
}

TEST(ManifestTest, AVectorWithoutAUuidIsCorrupt) {
  std::string bytes = Format(MakeManifest());
  const std::string uuid = FormatUuid(DerivedUuid(std::string(64, 'a'), 0));
  bytes.replace(bytes.find(uuid), uuid.size(), "../../elsewhere");
  const auto manifest = ParseManifest(bytes, "copy/manifest.jsonl");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Code::kCorrupt);
}

TEST(ManifestTest, NameThatLeadsOutOfTheCopyIsCorrupt) {
  for (const char* name : {"../x", "/etc/passwd", "..", ""}) {
    Manifest manifest = MakeManifest();
    manifest.pieces[1].file.name = name;
    EXPECT_FALSE(ParseManifest(Format(manifest), "m")) << name;
    manifest = MakeManifest();
    manifest.vectors[0].file.name = name;
    EXPECT_FALSE(ParseManifest(Format(manifest), "m")) << name;
  }
}

TEST(ManifestTest, RelocatedEntryChangesItsPlaceAndNothingElse) {
  const AddFile file = File("d=x/a.parquet", true);
  const Uuid uuid = ParseUuid("d2c639aa-8816-431a-aaf6-d3fe2512ff61").value();
  const AddFile moved = Relocated(file, "d=x/new.parquet", uuid);
  Json expected = Json::parse(file.raw);
  expected["path"] = "d=x/new.parquet";
  expected["deletionVector"]["pathOrInlineDv"] = "^-aqEH.-t@S}K{vb[*k^";
  EXPECT_EQ(moved.raw, expected.dump());
  EXPECT_EQ(moved.deletion_vector->offset, 4);
}

TEST(ManifestTest, InlineVectorStaysInline) {
  Json entry = Json::parse(File("a.parquet", true).raw);
  entry["deletionVector"]["storageType"] = "i";
  const AddFile file = ParseAdd(entry).value();
  const AddFile moved = Relocated(file, "b.parquet", std::nullopt);
  EXPECT_EQ(Json::parse(moved.raw)["deletionVector"], entry["deletionVector"]);
  EXPECT_EQ(moved.deletion_vector->storage_type, "i");
}

}  // namespace
}  // namespace salvor::delta
