#include "objects/s3/s3_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "objects/s3/mem_bucket_test.h"

namespace salvor::objects::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Fault = ::salvor::testing::MemObjects::Fault;

constexpr const char* kOddKey = "t/d=2024-01-01 00%3A00/ä+'\"(*).parquet";

std::vector<std::string> KeysOf(const Page& page) {
  std::vector<std::string> keys;
  for (const ObjectInfo& info : page.objects) keys.push_back(info.key);
  return keys;
}

TEST(S3Store, ListsPageByPageInOrder) {
  MemBucket bucket;
  for (const char* const key : {"t/c", "t/a", kOddKey, "t/b", "u"}) bucket.objects.Put(key, "rows");
  bucket.objects.SetPageSize(2);
  const ListRequest request{"t/"};
  const auto first = bucket.store->List(request);
  ASSERT_TRUE(first) << first.error().Message();
  EXPECT_THAT(KeysOf(*first), ElementsAre("t/a", "t/b"));
  const auto second = bucket.store->NextPage(request, first->next);
  ASSERT_TRUE(second);
  EXPECT_THAT(KeysOf(*second), ElementsAre("t/c", kOddKey));
  EXPECT_EQ(second->next, "");
  EXPECT_EQ(second->objects[1].size, 4);
  EXPECT_EQ(second->objects[1].modified, bucket.clock.Now());
  EXPECT_EQ(bucket.objects.Count(), 2U);
}

TEST(S3Store, ListsFromAKeyOnAndCutsAtADelimiter) {
  MemBucket bucket;
  for (const char* const key : {"t/1", "t/2", "t/d=1/a", "t/d=1/b", "t/d=2/a"})
    bucket.objects.Put(key, "");
  const auto page = bucket.store->List({"t/", "t/1", "/"});
  ASSERT_TRUE(page);
  EXPECT_THAT(KeysOf(*page), ElementsAre("t/2"));
  EXPECT_THAT(page->cut, ElementsAre("t/d=1/", "t/d=2/"));
}

TEST(S3Store, HeadTellsWhatACopyMustCarry) {
  MemBucket bucket;
  bucket.objects.Put(kOddKey, "rows",
                     {{"x-amz-meta-note", "n"},
                      {"content-type", "text/x"},
                      {"x-amz-storage-class", "STANDARD_IA"}});
  const auto found = bucket.store->Head(kOddKey, {});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->info.size, 4);
  EXPECT_EQ((*found)->metadata.at("note"), "n");
  EXPECT_EQ((*found)->headers.at("content-type"), "text/x");
  EXPECT_EQ((*found)->storage_class, "STANDARD_IA");
  EXPECT_EQ((*found)->archived, "");
  EXPECT_EQ((*found)->write_id, "");
  const auto absent = bucket.store->Head("absent", {});
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
}

TEST(S3Store, GetsRangesOfAPinnedObject) {
  MemBucket bucket;
  bucket.objects.Put("k", "0123456789");
  const std::string etag = bucket.objects.Find("k")->etag;
  const auto get = [&](const Pinned& object, Range range) {
    const auto got = bucket.store->Get(object, range);
    if (!got) return got.error().Message();
    if (!*got) return std::string(got->error() == Gone::kAbsent ? "absent" : "changed");
    EXPECT_EQ((*got)->total, 10);
    return (*got)->bytes;
  };
  EXPECT_EQ(get({"k", etag}, {}), "0123456789");
  EXPECT_EQ(get({"k", etag}, {2, 3}), "234");
  EXPECT_EQ(get({"k", etag}, {7, 100}), "789");
  EXPECT_EQ(get({"k", etag}, {7}), "789");
  EXPECT_EQ(get({"k", etag}, {10, 5}), "");
  EXPECT_EQ(get({"k", "other"}, {}), "changed");
  EXPECT_EQ(get({"absent"}, {}), "absent");
}

TEST(S3Store, ReadsOldVersionsAndDeleteMarkers) {
  MemBucket bucket;
  bucket.objects.KeepVersions();
  bucket.objects.Put("t/k", "old");
  bucket.objects.Put("t/k", "newer");
  bucket.objects.Delete("t/k");
  bucket.objects.Put("t/l", "other");
  bucket.objects.SetPageSize(2);
  std::vector<std::string> seen;
  VersionPage page;
  do {
    auto next = bucket.store->Versions("t/", page.next_key, page.next_version);
    ASSERT_TRUE(next) << next.error().Message();
    page = std::move(*next);
    for (const VersionInfo& version : page.versions)
      seen.push_back(version.info.key + (version.marker ? " marker" : "") +
                     (version.latest ? " latest" : "") + " " + version.info.version);
  } while (!page.next_key.empty());
  EXPECT_THAT(seen, ElementsAre("t/k marker latest v3", "t/k v2", "t/k v1", "t/l latest v4"));
  const auto old = bucket.store->Get({"t/k", {}, "v1"}, {});
  ASSERT_TRUE(old && *old);
  EXPECT_EQ((*old)->bytes, "old");
}

TEST(S3Store, PassingFaultsAreRepeatedAndACutBodyIsNoAnswer) {
  for (const Fault fault : {Fault::kLostBefore, Fault::kLostAfter, Fault::kTooMany,
                            Fault::kUnavailable, Fault::kHalfBody}) {
    MemBucket bucket;
    bucket.objects.Put("k", "0123456789");
    bucket.objects.FailNext("GET", fault, 2);
    const auto got = bucket.store->Get({"k"}, {});
    ASSERT_TRUE(got && *got) << static_cast<int>(fault);
    EXPECT_EQ((*got)->bytes, "0123456789");
    EXPECT_EQ(bucket.objects.Count(), 3U);
    EXPECT_GT(bucket.clock.Slept(), Millis(0));
  }
}

TEST(S3Store, AFaultThatStaysIsUnavailable) {
  MemBucket bucket;
  bucket.objects.FailNext("GET", Fault::kUnavailable, 100);
  const auto page = bucket.store->List({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::kUnavailable);
  EXPECT_THAT(page.error().Message(), HasSubstr("HTTP 503, SlowDown"));
}

TEST(S3Store, AnotherRegionIsLearntOnce) {
  MemBucket bucket;
  bucket.objects.SetRegion("us-west-2");
  bucket.objects.Put("k", "rows");
  ASSERT_TRUE(bucket.store->List({}));
  EXPECT_EQ(bucket.objects.Count(), 2U);
  ASSERT_TRUE(bucket.store->List({}));
  EXPECT_EQ(bucket.objects.Count(), 3U);
}

TEST(S3Store, KeysThatHaveEndedAreFetchedAnew) {
  class Changing final : public aws::Credentials {
   public:
    Result<aws::Keys> Get() override {
      aws::Keys keys = MemBucket::TestKeys();
      keys.id = "ID" + std::to_string(number_);
      return keys;
    }
    void Reject(const aws::Keys& /*keys*/) override { ++number_; }
    [[nodiscard]] std::string Origin() const override { return "a test"; }

   private:
    int number_ = 1;
  };
  MemBucket bucket;
  Changing changing;
  const auto store = MakeStore({bucket.objects, changing, bucket.clock, bucket.random},
                               {::salvor::testing::MemObjects::kEndpoint, "r", true}, "lake");
  bucket.objects.FailNext("GET", Fault::kExpired);
  ASSERT_TRUE(store->List({}));
  const auto seen = bucket.objects.Requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(seen[1].headers.back().value, HasSubstr("Credential=ID2/"));
  // Where no others are to be had, the refusal is the answer.
  bucket.objects.FailNext("GET", Fault::kExpired);
  EXPECT_EQ(bucket.store->List({}).error().code, Code::kPermission);
}

TEST(S3Store, ErrorsNameThePlaceAndNoSecret) {
  MemBucket bucket;
  const auto store = MakeStore({bucket.objects, bucket.keys, bucket.clock, bucket.random},
                               {::salvor::testing::MemObjects::kEndpoint, "r", true}, "other");
  const auto page = store->List({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::kNotFound);
  EXPECT_EQ(page.error().where, "s3://other");
  EXPECT_EQ(page.error().Message().find("secret"), std::string::npos);
}

TEST(S3Store, RemovesOnlyWhatTheCallerKnows) {
  MemBucket bucket;
  bucket.objects.Put("k", "rows");
  const std::string etag = bucket.objects.Find("k")->etag;
  EXPECT_EQ(*bucket.store->Remove({"k", "other"}), RemoveOutcome::kChanged);
  EXPECT_TRUE(bucket.objects.Find("k"));
  EXPECT_EQ(*bucket.store->Remove({"k", etag}), RemoveOutcome::kRemoved);
  EXPECT_EQ(*bucket.store->Remove({"k", etag}), RemoveOutcome::kAbsent);
}

TEST(S3Store, WhatIsReplacedBetweenLookAndRemovalStays) {
  MemBucket bucket;
  bucket.objects.Put("k", "rows");
  const std::string etag = bucket.objects.Find("k")->etag;
  bucket.objects.BeforeNext("DELETE", [&] { bucket.objects.Put("k", "others"); });
  EXPECT_EQ(*bucket.store->Remove({"k", etag}), RemoveOutcome::kChanged);
  EXPECT_EQ(bucket.objects.Find("k")->bytes, "others");
}

TEST(S3Store, ARemovalWhoseAnswerIsLostIsLookedUp) {
  for (const Fault fault : {Fault::kLostBefore, Fault::kLostAfter}) {
    MemBucket bucket;
    bucket.objects.Put("k", "rows");
    const std::string etag = bucket.objects.Find("k")->etag;
    bucket.objects.FailNext("DELETE", fault);
    EXPECT_EQ(*bucket.store->Remove({"k", etag}), RemoveOutcome::kRemoved);
    bucket.objects.Put("k", "rows");
    bucket.objects.FailNext("DELETE", Fault::kLostBefore, 100);
    EXPECT_EQ(*bucket.store->Remove({"k", etag}), RemoveOutcome::kUnknown);
  }
}

TEST(S3Store, TakesAwayOneVersionForGood) {
  MemBucket bucket;
  bucket.objects.KeepVersions();
  bucket.objects.Put("k", "old");
  bucket.objects.Put("k", "new");
  EXPECT_EQ(*bucket.store->RemoveVersion({"k", {}, "v2"}), RemoveOutcome::kRemoved);
  EXPECT_EQ(bucket.objects.Find("k")->bytes, "old");
  EXPECT_EQ(bucket.store->RemoveVersion({"k"}).error().code, Code::kInvalidArgument);
}

TEST(S3Store, PresignsWithoutAsking) {
  MemBucket bucket;
  const auto url = bucket.store->Presign({kOddKey, {}, "v1"}, Millis(60'000));
  ASSERT_TRUE(url);
  EXPECT_THAT(*url, HasSubstr("/lake/t/d%3D2024-01-01%2000%253A00/%C3%A4%2B%27%22%28%2A%29.parquet?"
                              "X-Amz-Algorithm="));
  EXPECT_THAT(*url, HasSubstr("&versionId=v1&"));
  EXPECT_EQ(bucket.objects.Count(), 0U);
}

}  // namespace
}  // namespace salvor::objects::s3
