#include "base/digest.h"

#include <gtest/gtest.h>

#include <set>

namespace salvor {
namespace {

// The examples of FIPS 180-2, appendix B.
TEST(Digest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, InPiecesIsTheSameAsAtOnce) {
  Sha256 digest;
  digest.Update("a");
  digest.Update("");
  digest.Update("bc");
  EXPECT_EQ(digest.FinishHex(), Sha256Hex("abc"));
}

TEST(Digest, FieldsDoNotRunIntoEachOther) {
  const auto of = [](std::initializer_list<std::string_view> fields) {
    Sha256 digest;
    for (const std::string_view field : fields) digest.UpdateField(field);
    return digest.FinishHex();
  };
  const std::set<std::string> different = {of({"ab", "c"}), of({"a", "bc"}), of({"abc"}),
                                           of({"abc", ""}), of({"", "abc"}), of({"1:a"}),
                                           of({})};
  EXPECT_EQ(different.size(), 7U);
}

TEST(Digest, OnlySixtyFourLowerCaseHexadecimalDigitsAreOne) {
  EXPECT_TRUE(IsSha256Hex(Sha256Hex("x")));
  EXPECT_FALSE(IsSha256Hex(""));
  EXPECT_FALSE(IsSha256Hex(std::string(63, 'a')));
  EXPECT_FALSE(IsSha256Hex(std::string(65, 'a')));
  EXPECT_FALSE(IsSha256Hex(std::string(63, 'a') + "A"));
  EXPECT_FALSE(IsSha256Hex(std::string(63, 'a') + "g"));
  EXPECT_FALSE(IsSha256Hex(std::string(62, 'a') + "/x"));
}

}  // namespace
}  // namespace salvor
