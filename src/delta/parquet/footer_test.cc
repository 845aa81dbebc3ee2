#include "delta/parquet/footer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "delta/parquet/parquet_file_test.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

class ParquetFooterTest : public ::testing::Test {
 protected:
  Result<ParquetFooter> Read(const std::string& bytes) {
    fs_.Put("/f", bytes);
    return ReadParquetFooter(*fs_.Open("/f").value());
  }
  std::string Damage(const TinyParquet& file) {
    const auto footer = Read(file.Bytes());
    if (footer) return "none";
    EXPECT_EQ(footer.error().code, Code::kCorrupt);
    return footer.error().what;
  }

  testing::ScriptedClock clock_;
  testing::MemFs fs_{clock_};
  const TinyParquet file_{.content = "a column chunk", .rows = 7};
};

TEST_F(ParquetFooterTest, CountsTheRows) {
  const auto footer = Read(file_.Bytes());
  ASSERT_TRUE(footer) << footer.error().Message();
  EXPECT_EQ(footer->rows, 7);
  EXPECT_TRUE(footer->plain);
  const std::string bytes = file_.Bytes();
  EXPECT_EQ(footer->digest, Sha256Hex(bytes.substr(4 + file_.content.size())));
}

TEST_F(ParquetFooterTest, OneLongerThanTheFirstReadIsReadWhole) {
  TinyParquet file = file_;
  file.column = std::string(40000, 'c');
  const auto footer = Read(file.Bytes());
  ASSERT_TRUE(footer) << footer.error().Message();
  EXPECT_EQ(footer->rows, 7);
}

TEST_F(ParquetFooterTest, FilesOfOneSchemaAreAlike) {
  TinyParquet more = file_;
  more.rows = 8;
  TinyParquet other = file_;
  other.column = "y";
  const std::string schema = Read(file_.Bytes())->schema;
  EXPECT_EQ(Read(more.Bytes())->schema, schema);
  EXPECT_NE(Read(other.Bytes())->schema, schema);
}

TEST_F(ParquetFooterTest, GarbageOfTheSameSizeIsDamage) {
  std::string bytes = file_.Bytes();
  EXPECT_EQ(Read(std::string(bytes.size(), 'g')).error().code, Code::kCorrupt);
  EXPECT_EQ(Read(std::string(bytes.size(), '\0')).error().code, Code::kCorrupt);
  for (size_t i = 4; i + 8 < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 37);
  EXPECT_EQ(Read(bytes).error().code, Code::kCorrupt);
}

TEST_F(ParquetFooterTest, ACutOrEmptyFileIsDamage) {
  const std::string bytes = file_.Bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto footer = Read(bytes.substr(0, size));
    ASSERT_FALSE(footer) << size;
    EXPECT_EQ(footer.error().code, Code::kCorrupt) << size;
  }
}

TEST_F(ParquetFooterTest, WhatIsSaidTwiceAndDiffersIsDamage) {
  TinyParquet file = file_;
  file.group_rows = file.values = 6;
  EXPECT_THAT(Damage(file), HasSubstr("row groups"));
  file = file_;
  file.values = 6;
  EXPECT_THAT(Damage(file), HasSubstr("number of values"));
  file = file_;
  file.path = "X";
  EXPECT_THAT(Damage(file), HasSubstr("name or type"));
  file = file_;
  file.chunk_type = 6;
  EXPECT_THAT(Damage(file), HasSubstr("name or type"));
  file = file_;
  file.data_page = 60;
  EXPECT_THAT(Damage(file), HasSubstr("inside the file"));
}

TEST_F(ParquetFooterTest, AChunkThatLiesElsewhereInTheFileIsInDoubt) {
  TinyParquet file = file_;
  file.content += "x";
  std::string metadata = file.Metadata();
  EXPECT_TRUE(ParseParquetMetadata(metadata, 4 + 15)->plain);
  EXPECT_TRUE(ParseParquetMetadata(metadata, 4 + 100)->plain) << "indexes may follow";
  file.data_page = 5;
  EXPECT_FALSE(ParseParquetMetadata(file.Metadata(), 4 + 100)->plain);
}

// Every byte of it replaced by every other: nothing crashes, and the count is never another.
TEST_F(ParquetFooterTest, NoChangedByteChangesTheCount) {
  const std::string bytes = file_.Bytes();
  int64_t found = 0;
  for (size_t at = 4 + file_.content.size(); at < bytes.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(static_cast<uint8_t>(changed[at]) ^ change);
      const auto footer = Read(changed);
      if (footer) {
        EXPECT_EQ(footer->rows, 7) << at << " " << change;
      } else {
        ++found;
      }
    }
  }
  const auto all = static_cast<int64_t>((bytes.size() - 4 - file_.content.size()) * 255);
  EXPECT_GT(found, all * 3 / 4);
}

}  // namespace
}  // namespace salvor::delta
