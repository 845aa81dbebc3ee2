#include "delta/commit/fresh_name.h"

#include <gtest/gtest.h>

#include "delta/protocol/action.h"

namespace salvor::delta {
namespace {

const std::string kKey(64, 'a');

TEST(FreshNameTest, FolderTextStaysByteForByte) {
  EXPECT_EQ(FreshPath("d=%C3%A4%2520b/part-1.snappy.parquet", kKey, 7),
            "d=%C3%A4%2520b/salvor-aaaaaaaaaaaaaaaa-00007.parquet");
  EXPECT_EQ(FreshPath("d=ä-b/x.parquet", kKey, 0), "d=ä-b/salvor-aaaaaaaaaaaaaaaa-00000.parquet");
  EXPECT_EQ(FreshPath("file:/lake/t/x.parquet", kKey, 0),
            "file:/lake/t/salvor-aaaaaaaaaaaaaaaa-00000.parquet");
}

TEST(FreshNameTest, ManyPiecesStayApart) {
  EXPECT_NE(FreshPath("x.parquet", kKey, 99'999), FreshPath("x.parquet", kKey, 100'000));
  EXPECT_NE(FreshPath("x.parquet", kKey, 10'000), FreshPath("x.parquet", kKey, 100'000));
}

TEST(FreshNameTest, OddExtensionsBecomeTheUsualOne) {
  EXPECT_TRUE(FreshPath("noextension", kKey, 0).ends_with("-00000.parquet"));
  EXPECT_TRUE(FreshPath("x.%2F..", kKey, 0).ends_with("-00000.parquet"));
  EXPECT_TRUE(FreshPath("x.orc", kKey, 0).ends_with("-00000.orc"));
}

TEST(FreshNameTest, FreshPathsOfAnotherOperationAreNotOurs) {
  EXPECT_TRUE(IsFreshPath(FreshPath("d=1/x.parquet", kKey, 3), kKey));
  EXPECT_FALSE(IsFreshPath(FreshPath("d=1/x.parquet", std::string(64, 'b'), 3), kKey));
  EXPECT_FALSE(IsFreshPath("salvor-aaaaaaaaaaaaaaaa-00001.parquet/x.parquet", kKey));
}

TEST(FreshNameTest, StagedNamesAreKnownAgainAndOthersAreNot) {
  EXPECT_EQ(StagedName("d=1/x.c000.snappy.parquet", kKey, 12), "part-00012-aaaaaaaaaaaa.parquet");
  EXPECT_TRUE(IsStagedName(StagedName("x.parquet", kKey, 1), kKey));
  EXPECT_TRUE(IsStagedName(VectorFileName(DerivedUuid(kKey, 0)), kKey));
  EXPECT_FALSE(IsStagedName("part-00012-bbbbbbbbbbbb.parquet", kKey));
  EXPECT_FALSE(IsStagedName("notes.txt", kKey));
}

TEST(FreshNameTest, EncodedVectorNameMeansItsFile) {
  const Uuid uuid = DerivedUuid(kKey, 5);
  DeletionVector vector;
  vector.storage_type = "u";
  vector.path_or_inline = EncodeUuid(uuid);
  const auto path = VectorPath("/t", vector, false);
  ASSERT_TRUE(path) << path.error().Message();
  EXPECT_EQ(*path, "/t/" + VectorFileName(uuid));
  EXPECT_NE(DerivedUuid(kKey, 5), DerivedUuid(kKey, 6));
}

}  // namespace
}  // namespace salvor::delta
