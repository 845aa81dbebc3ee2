#include "delta/protocol/z85.h"

#include <gtest/gtest.h>

namespace salvor::delta {
namespace {

TEST(Z85Test, ExampleOfTheRfc) {
  const std::string bytes = "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B";
  EXPECT_EQ(EncodeZ85(bytes).value(), "HelloWorld");
  EXPECT_EQ(DecodeZ85("HelloWorld").value(), bytes);
}

TEST(Z85Test, ExampleOfTheProtocol) {
  const Uuid uuid = DecodeUuid("^-aqEH.-t@S}K{vb[*k^").value();
  EXPECT_EQ(FormatUuid(uuid), "d2c639aa-8816-431a-aaf6-d3fe2512ff61");
  EXPECT_EQ(EncodeUuid(uuid), "^-aqEH.-t@S}K{vb[*k^");
  EXPECT_EQ(VectorFileName(uuid), "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
}

TEST(Z85Test, BrokenTextIsCorrupt) {
  EXPECT_EQ(DecodeZ85("Hell").error().code, Code::kCorrupt);      // length
  EXPECT_EQ(DecodeZ85("Hel\"o").error().code, Code::kCorrupt);    // alphabet
  EXPECT_EQ(DecodeZ85("Hel\xc3o").error().code, Code::kCorrupt);  // not ASCII
  EXPECT_EQ(DecodeZ85("#####").error().code, Code::kCorrupt);     // over 32 bits
  EXPECT_EQ(DecodeUuid("HelloWorld").error().code, Code::kCorrupt);
  EXPECT_EQ(EncodeZ85("abc").error().code, Code::kInvalidArgument);
}

TEST(Z85Test, UuidsAreReadAsTheyAreWritten) {
  constexpr std::string_view text = "d2c639aa-8816-431a-aaf6-d3fe2512ff61";
  EXPECT_EQ(FormatUuid(ParseUuid(text).value()), text);
  for (const std::string_view broken :
       {"", "d2c639aa-8816-431a-aaf6-d3fe2512ff6", "d2c639aa88-16-431a-aaf6-d3fe2512ff61",
        "g2c639aa-8816-431a-aaf6-d3fe2512ff61", "d2c639aa-8816-431a-aaf6-d3fe2512ff6-",
        "../639aa-8816-431a-aaf6-d3fe2512ff61"}) {
    EXPECT_EQ(ParseUuid(broken).error().code, Code::kCorrupt) << broken;
  }
}

TEST(Z85Test, EmptyIsEmpty) {
  EXPECT_EQ(DecodeZ85("").value(), "");
  EXPECT_EQ(EncodeZ85("").value(), "");
}

}  // namespace
}  // namespace salvor::delta
