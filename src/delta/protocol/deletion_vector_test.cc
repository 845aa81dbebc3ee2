#include "delta/protocol/deletion_vector.h"

#include <gtest/gtest.h>
#include <roaring/roaring.h>

#include <initializer_list>

namespace salvor::delta {
namespace {

void PutLittleEndian(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    out += static_cast<char>(static_cast<uint8_t>(value >> (8 * i)));
}

std::string Bucket(uint32_t key, std::initializer_list<uint32_t> positions, bool runs = false) {
  roaring_bitmap_t* bitmap = roaring_bitmap_create();
  for (const uint32_t position : positions) roaring_bitmap_add(bitmap, position);
  if (runs) roaring_bitmap_run_optimize(bitmap);
  std::string body(roaring_bitmap_portable_size_in_bytes(bitmap), '\0');
  roaring_bitmap_portable_serialize(bitmap, body.data());
  roaring_bitmap_free(bitmap);
  std::string out;
  PutLittleEndian(out, key, 4);
  return out + body;
}

std::string Vector(std::initializer_list<std::string> buckets) {
  std::string out;
  PutLittleEndian(out, 1681511377, 4);
  PutLittleEndian(out, buckets.size(), 8);
  for (const std::string& bucket : buckets) out += bucket;
  return out;
}

TEST(DeletedRowsTest, PositionsOfSeveralBuckets) {
  const auto rows = ParseDeletedRows(Vector({Bucket(0, {0, 5, 70000}), Bucket(2, {7})})).value();
  EXPECT_EQ(rows.Count(), 4U);
  EXPECT_EQ(rows.End(), (uint64_t{2} << 32U) + 8);
  for (const uint64_t row : {uint64_t{0}, uint64_t{5}, uint64_t{70000}, (uint64_t{2} << 32U) + 7}) {
    EXPECT_TRUE(rows.Contains(row)) << row;
  }
  for (const uint64_t row : {uint64_t{1}, uint64_t{7}, (uint64_t{2} << 32U) + 5}) {
    EXPECT_FALSE(rows.Contains(row)) << row;
  }
}

TEST(DeletedRowsTest, RunsAreRead) {
  const auto rows = ParseDeletedRows(Vector({Bucket(0, {3, 4, 5, 6, 7, 8, 9, 10}, true)})).value();
  EXPECT_EQ(rows.Count(), 8U);
  EXPECT_TRUE(rows.Contains(10));
  EXPECT_FALSE(rows.Contains(11));
}

TEST(DeletedRowsTest, NoBucketsDeleteNothing) {
  const auto rows = ParseDeletedRows(Vector({})).value();
  EXPECT_EQ(rows.Count(), 0U);
  EXPECT_EQ(rows.End(), 0U);
  EXPECT_FALSE(rows.Contains(0));
}

TEST(DeletedRowsTest, EveryTruncationIsCorrupt) {
  const std::string whole = Vector({Bucket(0, {0, 5, 70000}), Bucket(1, {1, 2, 3, 4, 5}, true)});
  ASSERT_TRUE(ParseDeletedRows(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ParseDeletedRows(std::string_view(whole).substr(0, size)).error().code,
              Code::kCorrupt)
        << size;
  }
  EXPECT_EQ(ParseDeletedRows(whole + "x").error().code, Code::kCorrupt);
}

TEST(DeletedRowsTest, AnyChangedByteIsSurvived) {
  const std::string whole = Vector({Bucket(0, {0, 5, 70000}), Bucket(1, {1, 2, 3, 4, 5}, true)});
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int delta : {1, 127, 128, 255}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(broken[at] + delta);
      const auto rows = ParseDeletedRows(broken);
      if (!rows) continue;
      EXPECT_EQ(rows->End() == 0, rows->Count() == 0);
    }
  }
}

TEST(DeletedRowsTest, ClaimOfManyBucketsDoesNotAllocate) {
  std::string bytes;
  PutLittleEndian(bytes, 1681511377, 4);
  PutLittleEndian(bytes, ~uint64_t{0}, 8);
  EXPECT_EQ(ParseDeletedRows(bytes).error().code, Code::kCorrupt);
}

TEST(DeletedRowsTest, BucketTwiceIsCorrupt) {
  EXPECT_EQ(ParseDeletedRows(Vector({Bucket(1, {1}), Bucket(1, {2})})).error().code,
            Code::kCorrupt);
}

TEST(DeletedRowsTest, PositionsBeyond63BitsAreCorrupt) {
  EXPECT_TRUE(ParseDeletedRows(Vector({Bucket(0x7fffffffU, {0xffffffffU})})));
  EXPECT_EQ(ParseDeletedRows(Vector({Bucket(0x80000000U, {7})})).error().code, Code::kCorrupt);
  EXPECT_EQ(ParseDeletedRows(Vector({Bucket(0xffffffffU, {0xffffffffU})})).error().code,
            Code::kCorrupt);
}

TEST(DeletedRowsTest, UnsortedPositionsAreCorrupt) {
  std::string bytes = Vector({Bucket(0, {3, 9})});
  std::swap(bytes[bytes.size() - 4], bytes[bytes.size() - 2]);
  EXPECT_EQ(ParseDeletedRows(bytes).error().code, Code::kCorrupt);
}

TEST(DeletedRowsTest, NativeFormatCountsItsBuckets) {
  std::string bytes;
  PutLittleEndian(bytes, 1681511376, 4);
  PutLittleEndian(bytes, 2, 4);
  for (const uint32_t position : {5U, 9U}) {
    const std::string bitmap = Bucket(0, {position}).substr(4);
    PutLittleEndian(bytes, bitmap.size(), 4);
    bytes += bitmap;
  }
  const auto rows = ParseDeletedRows(bytes).value();
  EXPECT_EQ(rows.Count(), 2U);
  EXPECT_TRUE(rows.Contains(5));
  EXPECT_TRUE(rows.Contains((uint64_t{1} << 32U) + 9));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ParseDeletedRows(bytes.substr(0, size)).error().code, Code::kCorrupt) << size;
  }
}

TEST(DeletedRowsTest, OtherFormatIsUnsupported) {
  std::string bytes = Vector({});
  bytes[0] = static_cast<char>(bytes[0] + 1);
  EXPECT_EQ(ParseDeletedRows(bytes).error().code, Code::kUnsupported);
}

TEST(Crc32Test, CheckValue) {
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(Crc32(""), 0U);
}

}  // namespace
}  // namespace salvor::delta
