#include "base/text.h"

#include <gtest/gtest.h>

namespace salvor {
namespace {

TEST(Printable, MakesEscapesAndControlsVisible) {
  EXPECT_EQ(Printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\x9b");            // a C1 control in UTF-8
  EXPECT_EQ(Printable("x\xe2\x80\xaey"), "x\\u202ey");  // right-to-left override
  EXPECT_EQ(Printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u200bb");  // a space of no width
  EXPECT_EQ(Printable("a\xf3\xa0\x81\x81"
                      "b"),
            "a\\ue0041b");  // a letter that nobody sees
}

TEST(Printable, KeepsTextOfAnyScript) {
  EXPECT_EQ(Printable("größe 数 🙂"), "größe 数 🙂");
}

TEST(Printable, BrokenUtf8IsEscapedByteByByte) {
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("\xc0\x9b"), "\\xc0\\x9b");  // an overlong escape character
}

TEST(PrintableJson, EscapesWhatATerminalActsUponAndNothingElse) {
  EXPECT_EQ(PrintableJson("{\n  \"\xc2\x9b\": \"\xe2\x80\xae\x7f\"\n}"),
            "{\n  \"\\u009b\": \"\\u202e\\u007f\"\n}");
  EXPECT_EQ(PrintableJson("\"\xe2\x80\x8e\xe2\x80\xa8\xe2\x81\xa9\""), "\"\\u200e\\u2028\\u2069\"");
  EXPECT_EQ(PrintableJson("\"\xf3\xa0\x81\x81\""), "\"\\udb40\\udc41\"");  // U+E0041
  EXPECT_EQ(PrintableJson("\"größe 数 🙂\\n\""), "\"größe 数 🙂\\n\"");
}

TEST(Format, CountsAndBytes) {
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(Plural(1, "file"), "1 file");
  EXPECT_EQ(Plural(2000, "file"), "2,000 files");
}

TEST(NestsDeeperThan, CountsBracketsOutsideOfTextAlone) {
  EXPECT_FALSE(NestsDeeperThan(R"({"a":[1]})", 2));
  EXPECT_TRUE(NestsDeeperThan(R"({"a":[1]})", 1));
  EXPECT_FALSE(NestsDeeperThan(R"(["[[[\"[["])", 1));
  EXPECT_FALSE(NestsDeeperThan("[][][]", 1));
}

}  // namespace
}  // namespace salvor
