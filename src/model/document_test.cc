#include "model/document.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::model {
namespace {

std::string Nested(size_t levels, const char* open, const char* close) {
  std::string text;
  for (size_t i = 0; i < levels; ++i) text += open;
  for (size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(ParseDocument, NestingOfAMillionLevelsIsRefused) {
  for (const size_t levels : {size_t{65}, size_t{1'000'000}}) {
    auto parsed = ParseDocument(Nested(levels, "[", "]"), "the plan");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Code::kCorrupt);
    EXPECT_EQ(parsed.error().what, "the plan nests deeper than 64 levels");
  }
  EXPECT_FALSE(ParseDocument(Nested(100'000, "{\"a\":", "}"), "the plan"));
}

TEST(ParseDocument, SixtyFourLevelsAreTaken) {
  EXPECT_TRUE(ParseDocument(Nested(64, "[", "]"), "the plan"));
}

TEST(ParseDocument, BracketsInsideOfTextDoNotNest) {
  EXPECT_TRUE(ParseDocument(
      "[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]", "the plan"));
}

TEST(ParseDocument, TextThatIsNotUtf8IsRefused) {
  EXPECT_FALSE(ParseDocument("{\"a\":\"\xff\"}", "the plan"));
}

}  // namespace
}  // namespace salvor::model
