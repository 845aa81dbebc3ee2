#include "delta/protocol/json_members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace salvor::delta {
namespace {

using Json = nlohmann::json;

const Json kObject = {{"a", 1},
                      {"list", {1, "]", Json::object({{"x", ","}})}},
                      {"none", nullptr},
                      {"path", R"(d=1/a "b", c\)"},
                      {"stats", R"({"numRecords":3,"path":"other"})"},
                      {"values", {{"path", "inner"}, {"}", "{"}}}};

TEST(JsonMembers, FindsEachMemberAsTheDocumentHasIt) {
  const std::string text = kObject.dump();
  for (const auto& [name, value] : kObject.items()) {
    const auto found = MemberText(text, name);
    if (value.is_null()) {
      EXPECT_FALSE(found) << name;
    } else {
      ASSERT_TRUE(found) << name;
      EXPECT_EQ(*found, value.dump());
    }
  }
  EXPECT_FALSE(MemberText(text, "b"));
  EXPECT_FALSE(MemberText(text, "zz"));
  EXPECT_FALSE(MemberText("{}", "a"));
}

TEST(JsonMembers, SetsAMemberAsTheDocumentWould) {
  const std::string text = kObject.dump();
  for (const char* name :
       {"A", "a", "b", "list", "none", "path", "pathe", "stats", "values", "zz"}) {
    for (const Json& value : {Json(7), Json("x\"y"), Json({{"k", "v"}})}) {
      Json expected = kObject;
      expected[name] = value;
      EXPECT_EQ(WithMember(text, name, value.dump()), expected.dump()) << name;
    }
  }
  EXPECT_EQ(WithMember("{}", "a", "1"), R"({"a":1})");
}

TEST(JsonMembers, OfTextThatIsCutOffFindsNothingBeyondIt) {
  const std::string text = kObject.dump();
  for (size_t size = 0; size < text.size(); ++size) {
    const std::string cut = text.substr(0, size);
    const auto found = MemberText(cut, "values");
    if (found) {
      EXPECT_NE(text.find(*found), std::string::npos);
    }
    EXPECT_GE(WithMember(cut, "zz", "1").size(), cut.size());
  }
}

TEST(JsonMembers, QuotesWhatJsonQuotes) {
  EXPECT_EQ(QuoteJson("a\"\xC3\xA4"), "\"a\\\"\xC3\xA4\"");
}

}  // namespace
}  // namespace salvor::delta
