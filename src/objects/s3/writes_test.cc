// Who made the object, when the answer does not say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "objects/s3/mem_bucket_test.h"

namespace salvor::objects::s3 {
namespace {

using ::testing::HasSubstr;
using Fault = ::salvor::testing::MemObjects::Fault;
using Kind = WriteOutcome::Kind;

Kind KindOf(const Result<WriteOutcome>& outcome) {
  EXPECT_TRUE(outcome) << outcome.error().Message();
  return outcome ? outcome->kind : Kind::kUnknown;
}

TEST(S3Writes, OneOfTwoCreates) {
  MemBucket bucket;
  const auto mine = bucket.store->CreateNew("k", "mine", "w1");
  ASSERT_EQ(KindOf(mine), Kind::kCreated);
  EXPECT_EQ(mine->etag, bucket.objects.Find("k")->etag);
  EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "theirs", "w2")), Kind::kTaken);
  EXPECT_EQ(bucket.objects.Find("k")->bytes, "mine");
  // The same write again has been done.
  EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kCreated);
}

TEST(S3Writes, APlainCreationIsOneRequest) {
  MemBucket bucket;
  ASSERT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kCreated);
  EXPECT_EQ(bucket.objects.Count(), 1U);
}

TEST(S3Writes, ALostAnswerIsFoundByItsWriteId) {
  MemBucket bucket;
  bucket.objects.FailNext("PUT", Fault::kLostAfter);
  const auto mine = bucket.store->CreateNew("k", "mine", "w1");
  ASSERT_EQ(KindOf(mine), Kind::kCreated);
  EXPECT_EQ(mine->etag, bucket.objects.Find("k")->etag);
}

TEST(S3Writes, AfterALostRequestAnotherMayHaveBeenFirst) {
  MemBucket bucket;
  bucket.objects.FailNext("PUT", Fault::kLostBefore);
  bucket.objects.BeforeNext("PUT", [] {});
  bucket.objects.BeforeNext("PUT", [&] { bucket.objects.Put("k", "theirs"); });
  EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kTaken);
  EXPECT_EQ(bucket.objects.Find("k")->bytes, "theirs");
}

TEST(S3Writes, ConflictAndPassingFaultsMeanAgain) {
  for (const Fault fault : {Fault::kConflict, Fault::kTooMany, Fault::kUnavailable,
                            Fault::kErrorInside, Fault::kLostBefore}) {
    MemBucket bucket;
    bucket.objects.FailNext("PUT", fault, 2);
    EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kCreated);
    EXPECT_EQ(bucket.objects.Find("k")->bytes, "mine");
  }
}

TEST(S3Writes, WhatCannotBeSeenIsUnknown) {
  MemBucket bucket;
  bucket.objects.FailNext("PUT", Fault::kLostBefore, 100);
  bucket.objects.FailNext("HEAD", Fault::kUnavailable, 100);
  const auto outcome = bucket.store->CreateNew("k", "mine", "w1");
  ASSERT_EQ(KindOf(outcome), Kind::kUnknown);
  EXPECT_THAT(outcome->why, HasSubstr("cannot be seen"));
}

TEST(S3Writes, WhatIsNotThereYetIsUnknownAndCanBeAskedAgain) {
  MemBucket bucket;
  bucket.objects.FailNext("PUT", Fault::kLostBefore, 100);
  EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kUnknown);
  MemBucket later;
  later.objects.FailNext("PUT", Fault::kUnavailable, 100);
  EXPECT_EQ(KindOf(later.store->CreateNew("k", "mine", "w1")), Kind::kUnknown);
}

TEST(S3Writes, AnAnswerThatIsLostForGoodIsStillFound) {
  MemBucket bucket;
  bucket.objects.FailNext("PUT", Fault::kLostAfter, 100);
  EXPECT_EQ(KindOf(bucket.store->CreateNew("k", "mine", "w1")), Kind::kCreated);
}

TEST(S3Copies, KeepWhatTheSourceHas) {
  for (const int64_t one_request : {100, 4}) {
    MemBucket bucket;
    const auto store = bucket.Make({one_request, 3});
    bucket.objects.Put("t/d=1/ä +.parquet", "0123456789",
                       {{"x-amz-meta-note", "n"},
                        {"content-type", "text/x"},
                        {"x-amz-storage-class", "STANDARD_IA"},
                        {"x-amz-server-side-encryption", "aws:kms"},
                        {"x-amz-server-side-encryption-aws-kms-key-id", "arn:key"}},
                       "team=data%26ops");
    const Pinned source{"t/d=1/ä +.parquet", bucket.objects.Find("t/d=1/ä +.parquet")->etag};
    ASSERT_EQ(KindOf(store->CopyNew(source, "s/copy", "w1")), Kind::kCreated) << one_request;
    const auto copy = bucket.objects.Find("s/copy");
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->bytes, "0123456789");
    EXPECT_EQ(copy->tags, "team=data%26ops");
    EXPECT_EQ(copy->headers.at("x-amz-meta-note"), "n");
    EXPECT_EQ(copy->headers.at("content-type"), "text/x");
    EXPECT_EQ(copy->headers.at("x-amz-storage-class"), "STANDARD_IA");
    EXPECT_EQ(copy->headers.at("x-amz-server-side-encryption-aws-kms-key-id"), "arn:key");
    EXPECT_EQ(copy->headers.at("x-amz-meta-salvor-write-id"), "w1");
    // A copy of the copy is another write.
    ASSERT_EQ(KindOf(store->CopyNew({"s/copy", copy->etag}, "s/again", "w2")), Kind::kCreated);
    EXPECT_EQ(bucket.objects.Find("s/again")->headers.at("x-amz-meta-salvor-write-id"), "w2");
  }
}

TEST(S3Copies, ASmallOneIsTwoRequests) {
  MemBucket bucket;
  bucket.objects.Put("k", "rows");
  ASSERT_EQ(KindOf(bucket.store->CopyNew({"k", bucket.objects.Find("k")->etag}, "c", "w1")),
            Kind::kCreated);
  EXPECT_EQ(bucket.objects.Count(), 2U);
}

TEST(S3Copies, AreOfTheVersionThatWasPinned) {
  for (const int64_t one_request : {100, 1}) {
    MemBucket bucket;
    const auto store = bucket.Make({one_request, 2});
    bucket.objects.KeepVersions();
    bucket.objects.Put("k", "old");
    const std::string etag = bucket.objects.Find("k")->etag;
    bucket.objects.Put("k", "new");
    EXPECT_EQ(KindOf(store->CopyNew({"k", etag}, "c", "w1")), Kind::kSourceChanged);
    EXPECT_FALSE(bucket.objects.Find("c"));
    ASSERT_EQ(KindOf(store->CopyNew({"k", etag, "v1"}, "c", "w1")), Kind::kCreated);
    EXPECT_EQ(bucket.objects.Find("c")->bytes, "old");
    EXPECT_EQ(KindOf(store->CopyNew({"absent", etag}, "d", "w1")), Kind::kSourceGone);
  }
}

TEST(S3Copies, ASourceThatChangesWhileItIsCopiedIsNotCopied) {
  for (const int64_t one_request : {100, 1}) {
    MemBucket bucket;
    const auto store = bucket.Make({one_request, 2});
    bucket.objects.Put("k", "rows");
    const std::string etag = bucket.objects.Find("k")->etag;
    bucket.objects.BeforeNext("PUT", [&] { bucket.objects.Put("k", "others"); });
    EXPECT_EQ(KindOf(store->CopyNew({"k", etag}, "c", "w1")), Kind::kSourceChanged);
    bucket.objects.Put("k", "rows");
    bucket.objects.BeforeNext("PUT", [&] { bucket.objects.Delete("k"); });
    EXPECT_EQ(KindOf(store->CopyNew({"k", etag}, "c", "w1")), Kind::kSourceGone);
    EXPECT_FALSE(bucket.objects.Find("c"));
  }
}

TEST(S3Copies, TakeNoKeyThatIsTaken) {
  for (const int64_t one_request : {100, 1}) {
    MemBucket bucket;
    const auto store = bucket.Make({one_request, 2});
    bucket.objects.Put("k", "rows");
    bucket.objects.Put("c", "theirs");
    const std::string etag = bucket.objects.Find("k")->etag;
    EXPECT_EQ(KindOf(store->CopyNew({"k", etag}, "c", "w1")), Kind::kTaken);
    bucket.objects.BeforeNext("PUT", [&] { bucket.objects.Put("d", "theirs"); });
    EXPECT_EQ(KindOf(store->CopyNew({"k", etag}, "d", "w1")), Kind::kTaken);
    EXPECT_EQ(bucket.objects.Find("d")->bytes, "theirs");
  }
}

TEST(S3Copies, FaultsInAnyRequestLeaveOneWholeCopy) {
  for (const int64_t one_request : {100, 1}) {
    for (const Fault fault : {Fault::kLostBefore, Fault::kLostAfter, Fault::kConflict,
                              Fault::kTooMany, Fault::kUnavailable, Fault::kErrorInside}) {
      for (const char* const method : {"HEAD", "GET", "PUT", "POST"}) {
        MemBucket bucket;
        const auto store = bucket.Make({one_request, 2});
        bucket.objects.Put("k", "rows!");
        bucket.objects.FailNext(method, fault);
        ASSERT_EQ(KindOf(store->CopyNew({"k", bucket.objects.Find("k")->etag}, "c", "w1")),
                  Kind::kCreated)
            << one_request << method << static_cast<int>(fault);
        EXPECT_EQ(bucket.objects.Find("c")->bytes, "rows!");
      }
    }
  }
}

TEST(S3Copies, OfAnArchivedObjectAreRefusedByName) {
  MemBucket bucket;
  bucket.objects.Put("k", "rows", {{"x-amz-storage-class", "DEEP_ARCHIVE"}});
  const auto refused = bucket.store->CopyNew({"k", bucket.objects.Find("k")->etag}, "c", "w1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kRefused);
  EXPECT_THAT(refused.error().Message(), HasSubstr("archived (DEEP_ARCHIVE)"));
}

TEST(S3Copies, AnUnpinnedSourceIsTheCallersMistake) {
  MemBucket bucket;
  EXPECT_EQ(bucket.store->CopyNew({"k"}, "c", "w1").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace salvor::objects::s3
