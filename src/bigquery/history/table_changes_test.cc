#include "bigquery/history/table_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kFirst = 1'700'000'000'000;
constexpr int64_t kNow = kFirst + 7 * kDay;

TableJob Job(const std::string& operation, int64_t started, int64_t ended) {
  TableJob job;
  job.operation = operation;
  job.started = InstantOfMillis(started);
  job.ended = InstantOfMillis(ended);
  if (operation == "DELETE") job.deleted_rows = 5;
  if (operation == "LOAD") job.writes = Writes::kAdds;
  return job;
}

Instants Of(const std::vector<TableJob>& jobs, bool every_job_is_known = true) {
  return InstantsToCount(ChangesOf(jobs), {kFirst, kNow, every_job_is_known});
}

TEST(InstantsToCount, WithoutChangesTheFirstInstantIsEnough) {
  EXPECT_THAT(Of({}).needed, ElementsAre(kFirst));
  EXPECT_THAT(Of({}).helpful, IsEmpty());
}

TEST(InstantsToCount, ADeletionIsCountedRightBeforeItsStart) {
  const int64_t at = kFirst + 2 * kDay;
  EXPECT_THAT(Of({Job("DELETE", at, at + 9)}).needed, ElementsAre(kFirst, at - 1));
}

TEST(InstantsToCount, ADeletionIsCountedRightAfterItsEndIfSomethingWasWrittenLater) {
  const int64_t at = kFirst + 2 * kDay;
  EXPECT_THAT(Of({Job("DELETE", at, at + 9), Job("LOAD", at + kDay, at + kDay + 9)}).needed,
              ElementsAre(kFirst, at - 1, at + 10));
}

TEST(InstantsToCount, ChangesWithNoWriteBetweenThemShareACount) {
  const int64_t one = kFirst + 2 * kDay;
  const int64_t two = kFirst + 3 * kDay;
  EXPECT_THAT(Of({Job("DELETE", one, one + 9), Job("DELETE", two, two + 9)}).needed,
              ElementsAre(kFirst, one - 1, two - 1));
}

TEST(InstantsToCount, WhatCannotRemoveRowsIsNoSuspect) {
  const int64_t at = kFirst + 2 * kDay;
  EXPECT_THAT(Of({Job("INSERT", at, at + 9), Job("LOAD", at, at + 9)}).needed, ElementsAre(kFirst));
}

TEST(InstantsToCount, WhereNotEveryJobIsKnownEachDayIsCountedToo) {
  EXPECT_THAT(Of({}, false).needed, SizeIs(7));
}

TEST(InstantsToCount, AfterEachOfAFewWritesACountHelps) {
  const int64_t at = kFirst + 2 * kDay;
  EXPECT_THAT(Of({Job("LOAD", at, at + 9), Job("LOAD", at + 20, at + 30),
                  Job("LOAD", at + kDay, at + kDay)})
                  .helpful,
              ElementsAre(at + 10, at + 31, at + kDay + 1));
}

TEST(InstantsToCount, OfManyWritesTheLastOfEachDayIsCounted) {
  std::vector<TableJob> jobs;
  for (int hour = 1; hour < 7 * 24; ++hour) {
    jobs.push_back(Job("LOAD", kFirst + hour * kDay / 24, kFirst + hour * kDay / 24 + 9));
  }
  EXPECT_THAT(Of(jobs).helpful, SizeIs(7));
}

TEST(InstantsToCount, WhatMaySetAnExpirationIsCountedBefore) {
  const int64_t at = kFirst + 2 * kDay;
  EXPECT_THAT(Of({Job("ALTER_TABLE_SET_OPTIONS", at, at + 9)}).needed, ElementsAre(kFirst, at - 1));
}

TEST(InstantsToCount, OfThousandsOfChangesThoseThatRemovedMostAreCountedByThemselves) {
  std::vector<TableJob> jobs;
  for (int i = 0; i < 2'000; ++i) {
    jobs.push_back(Job("DELETE", kFirst + (i + 1) * 300'000, kFirst + (i + 1) * 300'000 + 9));
  }
  jobs[1'000].deleted_rows = 500;
  const Instants instants = Of(jobs);
  EXPECT_EQ(instants.not_by_themselves, 1'970);
  EXPECT_LT(instants.needed.size(), 70U);
  EXPECT_THAT(instants.needed, ::testing::Contains(kFirst + 1'001 * 300'000LL - 1));
}

TEST(ChangesOf, TheStatementsOfAScriptAreOneChangeUpToItsCommit) {
  TableJob first = Job("DELETE", kFirst, kFirst + 10);
  TableJob second = Job("DELETE", kFirst + 20, kFirst + 30);
  first.script = second.script = "s";
  first.commits_by = second.commits_by = InstantOfMillis(kFirst + 99);
  const std::vector<TableJob> jobs{first, second};
  const auto changes = ChangesOf(jobs);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].started, kFirst);
  EXPECT_EQ(changes[0].ended, kFirst + 99);
  EXPECT_EQ(changes[0].removed, 10);
}

TEST(ChangesOf, AScriptOfWhichOneStatementNamesNoPartitionMayTouchAny) {
  TableJob first = Job("DELETE", kFirst, kFirst + 10);
  first.partition = "20240101";
  TableJob second = Job("DELETE", kFirst + 20, kFirst + 30);
  first.script = second.script = "s";
  const std::vector<TableJob> jobs{first, second};
  EXPECT_TRUE(ChangesOf(jobs)[0].MayTouch("20240105"));
  const std::vector<TableJob> one{first};
  EXPECT_FALSE(ChangesOf(one)[0].MayTouch("20240105"));
}

}  // namespace
}  // namespace salvor::bigquery
