#include "testing/bigquery_server/googlesql/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/bigquery_server/googlesql/refusal.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

std::string FaultOf(std::string_view text) {
  try {
    Lex(text);
  } catch (const Refusal& refusal) {
    return refusal.error.what;
  }
  return {};
}

Token First(std::string_view text) { return Lex(text).front(); }

TEST(GoogleSqlLexer, DecodesEveryKindOfStringLiteral) {
  EXPECT_EQ(First("'a\\'b'").text, "a'b");
  EXPECT_EQ(First("\"a'b\\n\"").text, "a'b\n");
  EXPECT_EQ(First("r'\\n'").text, "\\n");
  EXPECT_EQ(First("'''a\n'b'''").text, "a\n'b");
  EXPECT_EQ(First("'\\u00e9\\x41\\101'").text,
            "\xC3\xA9"
            "AA");
  EXPECT_EQ(First("b'\\xff'").kind, Token::Kind::kBytes);
  EXPECT_EQ(First("rb'\\x'").text, "\\x");
  EXPECT_EQ(First("`a.b`").kind, Token::Kind::kQuoted);
}

TEST(GoogleSqlLexer, SaysWhereALiteralIsUnclosed) {
  EXPECT_EQ(FaultOf("SELECT\n 'a"), "Syntax error: Unclosed string literal at [2:2]");
  EXPECT_EQ(FaultOf("SELECT /* a"), "Syntax error: Unclosed comment at [1:8]");
  EXPECT_EQ(FaultOf("SELECT `a"), "Syntax error: Unclosed identifier literal at [1:8]");
}

TEST(GoogleSqlLexer, RefusesBytesThatAreNoText) {
  EXPECT_FALSE(FaultOf("SELECT '\xff'").empty());
  EXPECT_FALSE(FaultOf("SELECT '\\xff'").empty());
  EXPECT_FALSE(FaultOf(std::string("SELECT '\0'", 10) + std::string(1, '\0')).empty());
  EXPECT_FALSE(FaultOf("SELECT '\\ud800'").empty());
}

TEST(GoogleSqlLexer, CountsColumnsInCharactersAndTabsToTheNextEighth) {
  EXPECT_EQ(PlaceOf("\xC3\xA9x", 2), "[1:2]");
  EXPECT_EQ(PlaceOf("\tx", 1), "[1:9]");
  EXPECT_EQ(PlaceOf("a\nbc", 3), "[2:2]");
}

TEST(GoogleSqlLexer, RefusesMoreThanAMebibyte) {
  EXPECT_NE(FaultOf(std::string((1U << 20U) + 1, ' ')).find("too large"), std::string::npos);
}

}  // namespace
}  // namespace salvor::testing::bigquery::googlesql
