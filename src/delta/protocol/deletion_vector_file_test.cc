#include <gtest/gtest.h>

#include "delta/protocol/deletion_vector.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

// PROTOCOL.md's example of an inline vector: rows 3, 4, 7, 11, 18 and 29.
constexpr char kExample[] = "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";

DeletionVector Inline() { return {"i", kExample, std::nullopt, 40, 6}; }

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes += static_cast<char>(static_cast<uint8_t>(value >> shift));
  }
  return bytes;
}

class LoadDeletedRowsTest : public ::testing::Test {
 protected:
  Result<DeletedRows> Load(const DeletionVector& vector) {
    return LoadDeletedRows(fs_, "/t", vector, false);
  }

  // A file with the example at offset 5, and the descriptor of it.
  DeletionVector PutFile(const std::string& bytes, uint32_t checksum) {
    fs_.Put("/t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
            std::string("\1????", 5) + BigEndian(static_cast<uint32_t>(bytes.size())) + bytes +
                BigEndian(checksum));
    return {"u", "ab^-aqEH.-t@S}K{vb[*k^", 5, 40, 6};
  }

  static std::string ExampleBytes() {
    // Magic, one bucket, key 0; then a bitmap of one array container of six positions.
    std::string bytes(
        "\xD1\xD3\x39\x64\1\0\0\0\0\0\0\0\0\0\0\0\x3A\x30\0\0\1\0\0\0\0\0\5\0\x10\0\0\0", 32);
    for (const char row : {'\3', '\4', '\7', '\v', '\x12', '\x1d'}) {
      bytes += row;
      bytes += '\0';
    }
    return bytes;
  }

  testing::ScriptedClock clock_;
  testing::MemFs fs_{clock_};
};

TEST_F(LoadDeletedRowsTest, ExampleOfTheProtocolInline) {
  const auto rows = Load(Inline()).value();
  EXPECT_EQ(rows.Count(), 6U);
  for (const uint64_t row : {3U, 4U, 7U, 11U, 18U, 29U}) EXPECT_TRUE(rows.Contains(row)) << row;
  EXPECT_FALSE(rows.Contains(5));
}

TEST_F(LoadDeletedRowsTest, FileAtAnOffset) {
  const std::string bytes = ExampleBytes();
  const DeletionVector vector = PutFile(bytes, Crc32(bytes));
  DeletionVector sized = vector;
  sized.size_in_bytes = static_cast<int64_t>(bytes.size());
  const auto rows = Load(sized);
  ASSERT_TRUE(rows) << rows.error().Message();
  EXPECT_EQ(rows->Count(), 6U);
  EXPECT_TRUE(rows->Contains(29));
}

TEST_F(LoadDeletedRowsTest, WrongChecksumIsCorruptAndNamesTheFile) {
  const std::string bytes = ExampleBytes();
  DeletionVector vector = PutFile(bytes, Crc32(bytes) + 1);
  vector.size_in_bytes = static_cast<int64_t>(bytes.size());
  const auto rows = Load(vector);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, Code::kCorrupt);
  EXPECT_EQ(rows.error().where, "/t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
}

TEST_F(LoadDeletedRowsTest, DescriptorThatDisagreesIsCorrupt) {
  const std::string bytes = ExampleBytes();
  DeletionVector good = PutFile(bytes, Crc32(bytes));
  good.size_in_bytes = static_cast<int64_t>(bytes.size());
  ASSERT_TRUE(Load(good));
  for (const auto& change :
       {+[](DeletionVector& v) { v.cardinality = 5; },
        +[](DeletionVector& v) { v.cardinality = -1; },
        +[](DeletionVector& v) { v.size_in_bytes += 1; },
        +[](DeletionVector& v) { v.size_in_bytes = int64_t{1} << 60; },
        +[](DeletionVector& v) { v.size_in_bytes = -1; }, +[](DeletionVector& v) { v.offset = 4; },
        +[](DeletionVector& v) { v.offset = -7; },
        +[](DeletionVector& v) { v.offset = 2000000000; }}) {
    DeletionVector vector = good;
    change(vector);
    EXPECT_EQ(Load(vector).error().code, Code::kCorrupt);
  }
  DeletionVector inline_vector = Inline();
  inline_vector.size_in_bytes = 36;
  EXPECT_EQ(Load(inline_vector).error().code, Code::kCorrupt);
  inline_vector.size_in_bytes = 44;
  EXPECT_EQ(Load(inline_vector).error().code, Code::kCorrupt);
}

TEST_F(LoadDeletedRowsTest, AbsentFileIsNotFound) {
  EXPECT_EQ(Load({"u", "^-aqEH.-t@S}K{vb[*k^", 1, 40, 6}).error().code, Code::kNotFound);
}

TEST_F(LoadDeletedRowsTest, UnknownStorageAndVersionAreUnsupported) {
  EXPECT_EQ(Load({"z", "x", 1, 40, 6}).error().code, Code::kUnsupported);
  DeletionVector vector = PutFile(ExampleBytes(), 0);
  fs_.Put("/t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", "\2");
  EXPECT_EQ(Load(vector).error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace salvor::delta
