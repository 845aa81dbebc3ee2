// A table in a bucket is seen as the same table in a folder, for no more requests than it has pages
// and log files.
#include "delta/store_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"
#include "objects/s3/mem_bucket_test.h"

namespace salvor::delta {
namespace {

using ::salvor::testing::MemObjects;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// The folder's files as objects below "lake/t", with their times.
void Upload(TestTable& table, objects::s3::MemBucket& bucket, const std::string& folder = kTable) {
  const auto entries = table.fs.ListEntries(folder);
  ASSERT_TRUE(entries);
  for (const auto& entry : *entries) {
    const std::string path = io::JoinPath(folder, entry.name);
    if (entry.info.type == io::FileInfo::Type::kDirectory) {
      Upload(table, bucket, path);
      continue;
    }
    bucket.clock.Set(entry.info.modified);
    bucket.objects.Put(path.substr(1), *table.fs.ReadFile(path, 1 << 20));
  }
}

class StoreEngineTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<warehouse::Engine>> Open() {
    bucket_.clock.Set(table_.clock.Now());
    return MakeStoreEngine(bucket_.Make({}), {"s3", MemObjects::kBucket, kTable + 1}, bucket_.clock,
                           warehouse::NoProgress());
  }
  model::Inventory InBucket(const warehouse::LookRequest& request = {}) {
    Upload(table_, bucket_);
    bucket_.objects.ForgetRequests();
    const auto engine = Open();
    EXPECT_TRUE(engine) << engine.error().Message();
    const auto inventory = (*engine)->Reader()->Look(request);
    EXPECT_TRUE(inventory) << inventory.error().Message();
    return inventory.value_or(model::Inventory());
  }
  model::Inventory InFolder(const warehouse::LookRequest& request = {}) {
    return *OpenTable(table_)->Reader()->Look(request);
  }
  static std::vector<std::string> Told(const model::Inventory& inventory) {
    std::vector<std::string> lines{"version " + std::to_string(inventory.version) + " at " +
                                   FormatInstant(inventory.at)};
    for (const model::PartitionRecord& one : inventory.partitions) {
      lines.push_back(model::FormatKey(inventory.columns, one.key) + " now " +
                      std::to_string(one.now.rows) + " best " + std::to_string(one.best.rows) +
                      " present " + std::to_string(one.files_present) + " gone " +
                      std::to_string(one.files_gone) + " broken " +
                      std::to_string(one.broken.pieces) + " deadline " +
                      (one.deadline ? FormatInstant(*one.deadline) : "none"));
    }
    for (const model::Event& event : inventory.events)
      lines.push_back("event " + std::to_string(event.version) + " " + event.operation + " " +
                      FormatInstant(event.at));
    return lines;
  }

  TestTable table_;
  objects::s3::MemBucket bucket_;
};

TEST_F(StoreEngineTest, SeesWhatAFolderShows) {
  table_.LoseDayB();
  EXPECT_THAT(Told(InBucket()), ElementsAreArray(Told(InFolder())));
}

TEST_F(StoreEngineTest, SeesObjectsThatAreGoneOrOdd) {
  table_.LoseDayB();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  table_.fs.Put(TestTable::Local("d=a/a.parquet"), "short");
  table_.fs.Put(TestTable::Local("d=a/nobody.parquet"), "rows");
  const model::Inventory seen = InBucket();
  EXPECT_THAT(Told(seen), ElementsAreArray(Told(InFolder())));
  EXPECT_THAT(seen.gone, HasSubstr("from the bucket"));
}

TEST_F(StoreEngineTest, OddNamesAreFoundAsTheLogNamesThem) {
  table_.Commit({TestTable::Protocol(), TestTable::Metadata()});
  const std::string stored = "d=2024-01-01 00%3A00/ä+b'.parquet";
  const std::string named = "d=2024-01-01%2000%253A00/%C3%A4+b'.parquet";
  table_.fs.Put(TestTable::Local(stored), TestTable::Bytes(named));
  const Json add = table_.Add(named, "2024-01-01 00:00");
  table_.Commit({add});
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(named)));
  table_.Commit({table_.Remove(add)}, "DELETE");
  const model::Inventory seen = InBucket();
  ASSERT_EQ(seen.partitions.size(), 1U);
  EXPECT_EQ(seen.partitions[0].files_present, 1);
  EXPECT_THAT(Told(seen), ElementsAreArray(Told(InFolder())));
}

TEST_F(StoreEngineTest, AStatusIsPagesAndLogFilesAndTwo) {
  table_.LoseDayB();
  for (int i = 0; i < 20; ++i)
    table_.Commit({table_.Add("d=c/" + std::to_string(i) + ".parquet", "c")});
  bucket_.objects.SetPageSize(10);
  InBucket();
  size_t pages = 0;
  for (const MemObjects::Seen& seen : bucket_.objects.Requests())
    if (seen.key.empty()) ++pages;
  const size_t commits = 23;
  const size_t all_pages = 3 + 5;  // of the log, then of the table with its log
  EXPECT_EQ(pages, all_pages);
  EXPECT_LE(bucket_.objects.Count(), all_pages + commits + 2);
}

TEST_F(StoreEngineTest, HistoryIsTheSame) {
  table_.LoseDayB();
  warehouse::LookRequest request;
  request.event_changes = true;
  EXPECT_THAT(Told(InBucket(request)), ElementsAreArray(Told(InFolder(request))));
}

TEST_F(StoreEngineTest, FaultsOnTheWayChangeNothing) {
  table_.LoseDayB();
  using Fault = MemObjects::Fault;
  for (const Fault fault :
       {Fault::kLostBefore, Fault::kTooMany, Fault::kUnavailable, Fault::kHalfBody})
    bucket_.objects.FailNext("GET", fault);
  EXPECT_THAT(Told(InBucket()), ElementsAreArray(Told(InFolder())));
}

TEST_F(StoreEngineTest, ABucketWithoutALogIsNoTable) {
  const auto engine = Open();
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Code::kNotFound);
  EXPECT_EQ(engine.error().where, "s3://lake/lake/t");
}

TEST_F(StoreEngineTest, ALaterCommitIsSeenAfresh) {
  table_.LoseDayB();
  Upload(table_, bucket_);
  const auto engine = Open();
  ASSERT_TRUE(engine);
  const auto reader = (*engine)->Reader();
  ASSERT_TRUE(reader->Look({}));
  table_.Commit({table_.Add("d=c/c.parquet", "c")});
  Upload(table_, bucket_);
  const auto again = reader->Look({});
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_EQ(again->version, 3);
}

TEST_F(StoreEngineTest, WhatChangesSomethingIsRefusedByName) {
  table_.LoseDayB();
  Upload(table_, bucket_);
  const auto engine = Open();
  ASSERT_TRUE(engine);
  model::Plan plan;
  plan.table.uri = "s3://lake/lake/t";
  bucket_.objects.ForgetRequests();
  EXPECT_EQ((*engine)->Staging()->Persist(plan, "").error().code, Code::kUnsupported);
  EXPECT_EQ((*engine)->Writer()->Restore(plan, "", {}).error().code, Code::kUnsupported);
  EXPECT_EQ((*engine)->Undoer()->TakeBack(plan, "").error().code, Code::kUnsupported);
  EXPECT_EQ((*engine)->Dropper()->Drop(plan, "").error().code, Code::kUnsupported);
  const auto examined = (*engine)->Reader()->Examine({Want("b", 1)});
  ASSERT_TRUE(examined);
  EXPECT_THAT(examined->partitions.at(0).refusal, HasSubstr("only looks at tables"));
  EXPECT_EQ(bucket_.objects.Count(), 0U);
}

}  // namespace
}  // namespace salvor::delta
