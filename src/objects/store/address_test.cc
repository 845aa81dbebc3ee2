#include "objects/store/address.h"

#include <gtest/gtest.h>

namespace salvor::objects {
namespace {

TEST(Address, HasBucketAndKey) {
  const auto address = ParseAddress("s3://lake/a/events/");
  ASSERT_TRUE(address) << address.error().Message();
  EXPECT_EQ(address->bucket, "lake");
  EXPECT_EQ(address->key, "a/events");
  EXPECT_EQ(address->Text(), "s3://lake/a/events");
  EXPECT_EQ(address->Below("_delta_log/"), "a/events/_delta_log/");
}

TEST(Address, OfAWholeBucketHasNoKey) {
  for (const char* const text : {"s3://lake", "s3://lake/"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->key, "");
    EXPECT_EQ(address->Below("x"), "x");
  }
}

TEST(Address, OfSparkIsTheSamePlace) {
  const auto address = ParseAddress("s3a://lake/t");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->Text(), "s3://lake/t");
}

TEST(Address, AKeyIsTakenAsItStands) {
  const auto address = ParseAddress("s3://lake/d=2024-01-01 00%3A00/ä+'");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->key, "d=2024-01-01 00%3A00/ä+'");
}

TEST(Address, WhatIsNoneIsRefused) {
  for (const char* const text : {"", "lake/t", "/lake", "s3:/lake", "s3://", "s3://a", "s3://.ab",
                                 "s3://la ke/t", "s3://lake/a//b", "s3://lake/../b", "s3://lake/.",
                                 "s3://lake//", "gs://lake/t", "S3://lake/t", "s3://user@lake/t"}) {
    const auto address = ParseAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Code::kInvalidArgument) << text;
  }
}

TEST(Address, SchemesAreOfUrlsAlone) {
  EXPECT_EQ(SchemeOf("gs://a"), "gs");
  EXPECT_EQ(SchemeOf("./a://b"), "");
  EXPECT_EQ(SchemeOf("bigquery:p.d.t"), "");
}

}  // namespace
}  // namespace salvor::objects
