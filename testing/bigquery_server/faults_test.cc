#include "testing/bigquery_server/faults.h"

#include <gtest/gtest.h>

#include "testing/bigquery_server/rest/field_mask.h"
#include "testing/bigquery_server/store/base64.h"

namespace salvor::testing::bigquery {
namespace {

TEST(FaultsTest, OnlyTheNamedRequestsAreCountedAndSpoilt) {
  Faults faults;
  const auto fault = ParseFault(
      Json::parse(R"({"kind": "lost-after", "method": "POST", "path": "/jobs", "skip": 1})"));
  ASSERT_TRUE(fault);
  faults.Add(*fault);
  EXPECT_FALSE(faults.Next("GET", "/jobs", ""));
  EXPECT_FALSE(faults.Next("POST", "/jobs", ""));
  const auto due = faults.Next("POST", "/p/jobs", "");
  ASSERT_TRUE(due);
  EXPECT_EQ(due->kind, Fault::Kind::kLostAfter);
  EXPECT_FALSE(faults.Next("POST", "/jobs", ""));
  EXPECT_EQ(faults.Pending(), 0);
}

TEST(FaultsTest, UnknownKindIsRefused) {
  EXPECT_FALSE(ParseFault(Json::parse(R"({"kind": "meteor"})")));
  EXPECT_FALSE(ParseFault(Json::parse(R"({"kind": "503", "colour": "red"})")));
}

TEST(FieldMaskTest, OnlyTheNamedMembersStay) {
  const Json json = Json::parse(R"({"a": {"b": 1, "c": 2}, "l": [{"x": 1, "y": 2}], "z": 3})");
  EXPECT_EQ(Masked(json, "a/b,l(x)"), Json::parse(R"({"a": {"b": 1}, "l": [{"x": 1}]})"));
  EXPECT_EQ(Masked(json, "z,nope"), Json::parse(R"({"z": 3})"));
}

TEST(Base64Test, BytesComeBack) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\x01"}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
  }
  EXPECT_FALSE(DecodeBase64("a*"));
}

}  // namespace
}  // namespace salvor::testing::bigquery
