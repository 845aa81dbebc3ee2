#include "io/access.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace salvor::io {
namespace {

struct Entry {
  uint32_t type;
  uint32_t mask;
  std::string who;
};

std::string Word(uint32_t word) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(word >> shift & 0xffU);
  return bytes;
}

std::string Acl(const std::vector<Entry>& entries) {
  std::string bytes = Word(static_cast<uint32_t>(entries.size()));
  for (const Entry& entry : entries) {
    bytes += Word(entry.type) + Word(0) + Word(entry.mask) +
             Word(static_cast<uint32_t>(entry.who.size())) + entry.who;
    bytes += std::string((4 - entry.who.size() % 4) % 4, '\0');
  }
  return bytes;
}

const Entry kOwner{0, 0x1601ff, "OWNER@"};
constexpr uint32_t kDeny = 1;
constexpr uint32_t kSee = 0x120088;

TEST(Nfs4Acl, OfModeZeroSevenHundredOpensToNobody) {
  EXPECT_FALSE(Nfs4AclOpensToOthers(Acl({kOwner, {0, kSee, "GROUP@"}, {0, kSee, "EVERYONE@"}})));
  EXPECT_FALSE(Nfs4AclOpensToOthers(Acl({kOwner, {kDeny, 0x1601ff, "mallory@example.com"}})));
}

TEST(Nfs4Acl, ThatLetsAnybodyElseReadListOrEnterOpensIt) {
  for (const char* who : {"GROUP@", "EVERYONE@", "mallory@example.com", "1001", ""}) {
    for (const uint32_t right : {0x1U, 0x2U, 0x20U, 0x40000U}) {
      EXPECT_TRUE(Nfs4AclOpensToOthers(Acl({kOwner, {0, kSee | right, who}}))) << who << right;
    }
  }
}

TEST(Nfs4Acl, ThatIsNotUnderstoodOpensIt) {
  const std::string whole = Acl({kOwner, {0, kSee, "GROUP@"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(Nfs4AclOpensToOthers(whole.substr(0, size))) << size;
  }
  EXPECT_TRUE(Nfs4AclOpensToOthers(whole + "more"));
  EXPECT_TRUE(Nfs4AclOpensToOthers(Word(1) + Word(0) + Word(0) + Word(0) + Word(0xffffffff)));
}

TEST(FileSystemWithoutModeBits, IsKnownByItsNumber) {
  EXPECT_EQ(FileSystemWithoutModeBits(0x4d44), "vfat");
  EXPECT_EQ(FileSystemWithoutModeBits(0xff534d42), "cifs");
  EXPECT_EQ(FileSystemWithoutModeBits(0xffffffffff534d42), "cifs");
  for (const uint64_t type : {0xef53U, 0x58465342U, 0x9123683eU, 0x01021994U, 0x6969U}) {
    EXPECT_EQ(FileSystemWithoutModeBits(type), "") << type;
  }
}

}  // namespace
}  // namespace salvor::io
