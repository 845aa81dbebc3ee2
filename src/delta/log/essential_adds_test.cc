#include "delta/log/essential_adds.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace salvor::delta {
namespace {

using nlohmann::json;

const json kUsual = {{"path", "p=a%20b/f.parquet"},
                     {"partitionValues", {{"p", "a b"}, {"n", nullptr}, {"e", ""}}},
                     {"size", 12},
                     {"modificationTime", 77},
                     {"dataChange", true},
                     {"stats", "{\"numRecords\":5,\"minValues\":{\"x\":\"\\u00e4\"}}"},
                     {"tags", {{"k", "v"}}}};

json With(const char* name, const json& value) {
  json object = kUsual;
  object[name] = value;
  return object;
}

void ExpectEssentials(const AddFile& essentials, const AddFile& whole) {
  EXPECT_EQ(essentials.raw, "");
  EXPECT_EQ(essentials.path, whole.path);
  EXPECT_EQ(essentials.partition_values, whole.partition_values) << whole.raw;
  EXPECT_EQ(essentials.size, whole.size);
  ASSERT_EQ(essentials.deletion_vector == nullptr, whole.deletion_vector == nullptr) << whole.raw;
  if (whole.deletion_vector) {
    EXPECT_EQ(*essentials.deletion_vector, *whole.deletion_vector);
  }
  EXPECT_EQ(essentials.num_records, whole.num_records) << whole.raw;
  EXPECT_EQ(essentials.has_row_ids, whole.has_row_ids) << whole.raw;
}

TEST(EssentialAddsTest, EveryFieldIsThatOfTheWholeAction) {
  json vector = {{"storageType", "u"},
                 {"pathOrInlineDv", "00000000000000000000"},
                 {"offset", 1},
                 {"sizeInBytes", 38},
                 {"cardinality", 3}};
  json large = vector;
  large["cardinality"] = 6;
  json tracked = With("baseRowId", 0);
  tracked["defaultRowCommitVersion"] = 0;
  json bare = kUsual;
  for (const char* name : {"size", "modificationTime", "stats", "tags"}) bare.erase(name);
  const std::vector<json> adds = {kUsual,
                                  With("deletionVector", vector),
                                  With("deletionVector", large),
                                  With("deletionVector", nullptr),
                                  With("path", "p=\"\\/ä\u2028/f"),
                                  With("partitionValues", {{"p", "\"\\\n"}}),
                                  With("size", -1),
                                  With("stats", nullptr),
                                  With("stats", "{\"numRecords\":"),
                                  With("stats", "{\"minValues\":{},\"numRecords\":9}"),
                                  With("baseRowId", 3),
                                  With("defaultRowCommitVersion", 4),
                                  tracked,
                                  bare};
  EssentialsReader reader;
  for (const json& object : adds) {
    const std::string line = json({{"add", object}}).dump();
    AddFile essentials;
    ASSERT_TRUE(reader.OfLine(line, essentials)) << line;
    const AddFile whole = ParseAdd(object).value();
    ExpectEssentials(essentials, whole);
    ASSERT_TRUE(reader.OfEntry(object.dump(), essentials)) << line;
    ExpectEssentials(essentials, whole);
  }
}

TEST(EssentialAddsTest, WhatIsOutOfTheOrdinaryIsLeftToTheWholeAction) {
  const std::string usual = kUsual.dump();
  const std::string inner = usual.substr(1, usual.size() - 2);
  const std::vector<std::string> lines = {
      "",
      "{}",
      "[]",
      "{\"add\":null}",
      "{\"add\":{}}",
      "{\"remove\":" + usual + "}",
      "{\"add\":" + usual + ",\"remove\":" + usual + "}",
      "{\"add\":{" + inner + ",\"path\":\"other\"}}",
      "{\"add\":{" + inner + ",\"p\\u0061th\":\"other\"}}",
      "{\"add\":" + With("partitionValues", {{"p", 7}}).dump() + "}",
      "{\"add\":" + With("size", "12").dump() + "}",
      "{\"add\":" + With("deletionVector", {{"storageType", "x"}}).dump() + "}",
      "{\"add\":{" + inner};
  EssentialsReader reader;
  for (const std::string& line : lines) {
    AddFile essentials;
    EXPECT_FALSE(reader.OfLine(line, essentials)) << line;
  }
}

}  // namespace
}  // namespace salvor::delta
