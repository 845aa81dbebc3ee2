#include "delta/parquet/thrift_compact.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::delta {
namespace {

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80U; value >>= 7U) bytes += static_cast<char>(value | 0x80U);
  return bytes + static_cast<char>(value);
}

// Would run for years if truth values took no byte each.
TEST(ThriftReaderTest, MapOfMoreEntriesThanBytesIsBroken) {
  for (const char types : {'\x11', '\x22', '\x12', '\x33', '\x10'}) {
    const std::string bytes = Varint(uint64_t{1} << 62U) + types + std::string(40, '\0');
    ThriftReader reader(bytes);
    reader.Skip(ThriftReader::kMap);
    EXPECT_TRUE(reader.Broken()) << static_cast<int>(types);
  }
}

TEST(ThriftReaderTest, TruthValuesOfAMapHaveAByteEach) {
  const std::string bytes = Varint(3) + '\x12' + std::string("\1\2\2\1\1\1") + "rest";
  ThriftReader reader(bytes);
  reader.Skip(ThriftReader::kMap);
  EXPECT_FALSE(reader.Broken());
  EXPECT_EQ(reader.Rest(), "rest");
}

TEST(ThriftReaderTest, EmptyMapHasNoTypes) {
  const std::string bytes = Varint(0) + "rest";
  ThriftReader reader(bytes);
  reader.Skip(ThriftReader::kMap);
  EXPECT_EQ(reader.Rest(), "rest");
}

}  // namespace
}  // namespace salvor::delta
