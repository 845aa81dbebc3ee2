#include "testing/bigquery_server/world.h"

#include <gtest/gtest.h>

#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/time_travel.h"
#include "testing/scripted_clock.h"

namespace salvor::testing::bigquery {
namespace {

const TableName kName{"p", "d", "t"};

class WorldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterLanguage(world_));
    world_.store.ProjectOf("p").datasets["d"] = Dataset{"p", "d", Json::object(), 0, 0, 0, {}};
    const Json body = Json::parse(R"({"schema": {"fields": [{"name": "x", "type": "INT64"}]}})");
    Store::Change change(world_.store, world_.clock.NowMs());
    ASSERT_TRUE(world_.store.AddTable(*TableOf(kName, body), change.at_ms()));
    ASSERT_TRUE(change.Commit());
  }

  Job* Insert(const std::string& id) {
    Job job;
    job.project = "p";
    job.location = "US";
    job.id = id;
    job.kind = "query";
    job.principal = world_.authority.PrincipalOf("any").value();  // the owner's
    job.configuration = {
        {"query", {{"query", "INSERT INTO `p.d.t` (x) VALUES (1)"}, {"useLegacySql", false}}}};
    job.created_ms = job.ends_ms = world_.clock.NowMs();
    return world_.jobs.Add(std::move(job)).value();
  }

  int64_t RowsAt(int64_t millis) {
    const auto seen = Look(world_.store, kName, {"t", {}, millis}, Purpose::kCopy);
    return seen ? world_.store.rows().Totals(*seen->table, seen->slice, {})->rows : -1;
  }

  ScriptedClock clock_;  // stands still: all that happens falls into one millisecond
  World world_{clock_};
};

TEST_F(WorldTest, WhatAJobWroteIsThereWhenItHasEnded) {
  Job* const first = Insert("first");
  Job* const second = Insert("second");
  Job* const third = Insert("third");
  ASSERT_TRUE(world_.CatchUp());
  for (const Job* job : {first, second, third}) {
    ASSERT_TRUE(job->done);
    ASSERT_FALSE(job->error) << job->error->Message();
  }
  EXPECT_EQ(RowsAt(first->ends_ms), 1);
  EXPECT_EQ(RowsAt(second->ends_ms), 2);
  EXPECT_EQ(RowsAt(third->ends_ms), 3);
}

}  // namespace
}  // namespace salvor::testing::bigquery
