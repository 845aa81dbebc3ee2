#include "bigquery/history/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kAt = 1'800'000'000'000;
const Loss kLost{kAt - 3'000, kAt + 3'000, {"20240101", "20240102"}};

TableJob Job(const std::string& operation, int64_t started, int64_t ended) {
  TableJob job;
  job.user = "ana@example.com";
  job.operation = operation;
  job.started = InstantOfMillis(kAt + started);
  job.ended = InstantOfMillis(kAt + ended);
  return job;
}

TableJob Load(Writes writes) {
  TableJob job = Job("LOAD", -2'000, 2'000);
  job.writes = writes;
  return job;
}

TableJob Deletion(int64_t deleted, const std::string& partition = "") {
  TableJob job = Job("DELETE", -2'000, 2'000);
  job.deleted_rows = deleted;
  job.updated_rows = 0;
  job.partition = partition;
  return job;
}

TableJob Statement(const std::string& script, const std::string& operation, int64_t deleted,
                   int64_t inserted = 0) {
  TableJob job = Job(operation, -500, -300);
  job.script = script;
  job.commits_by = InstantOfMillis(kAt + 200);
  job.deleted_rows = deleted;
  job.inserted_rows = inserted;
  job.updated_rows = 0;
  return job;
}

Suspected Of(const std::vector<TableJob>& jobs, const Removed& removed) {
  static std::vector<TableChange> changes;
  changes = ChangesOf(jobs);
  return WhoMayHave(changes, kLost, removed);
}

TEST(Attribution, AJobThatReplacedRowsFits) {
  const std::vector<TableJob> jobs{Load(Writes::kReplaces)};
  EXPECT_THAT(Of(jobs, {8}).fitting, SizeIs(1));
}

TEST(Attribution, AJobThatOnlyAddedRowsIsNoCandidate) {
  const std::vector<TableJob> jobs{Load(Writes::kAdds)};
  EXPECT_THAT(Of(jobs, {8}).fitting, IsEmpty());
  EXPECT_THAT(Of(jobs, {8}).others, IsEmpty());
}

TEST(Attribution, AJobOfWhichNobodySaysHowItWroteIsACandidateThatDoesNotFit) {
  const std::vector<TableJob> jobs{Load(Writes::kUntold)};
  EXPECT_THAT(Of(jobs, {8}).fitting, IsEmpty());
  EXPECT_THAT(Of(jobs, {8}).others, SizeIs(1));
}

TEST(Attribution, AJobThatCountsFewerRowsThanWentDoesNotFit) {
  const std::vector<TableJob> jobs{Deletion(7)};
  EXPECT_EQ(Of(jobs, {8}).TheOne(), nullptr);
  EXPECT_THAT(Of(jobs, {8}).others, SizeIs(1));
}

TEST(Attribution, OfTwoThatMayHaveTakenThemTheOneThatCountsThemExactlyFits) {
  const std::vector<TableJob> jobs{Deletion(20), Deletion(8)};
  const auto suspected = Of(jobs, {8});
  ASSERT_NE(suspected.TheOne(), nullptr);
  EXPECT_EQ(suspected.TheOne()->removed, 8);
  EXPECT_THAT(suspected.others, SizeIs(1));
}

TEST(Attribution, OfTwoThatCountThemExactlyNobodyIsTheOne) {
  const std::vector<TableJob> jobs{Deletion(8), Deletion(8)};
  EXPECT_EQ(Of(jobs, {8}).TheOne(), nullptr);
  EXPECT_THAT(Of(jobs, {8}).fitting, SizeIs(2));
}

TEST(Attribution, AJobThatNamesOnePartitionDidNotEmptyAnother) {
  const std::vector<TableJob> jobs{Deletion(8, "20240101")};
  EXPECT_EQ(Of(jobs, {8}).TheOne(), nullptr);
}

TEST(Attribution, AJobThatRanBeforeOrAfterIsNoCandidate) {
  const std::vector<TableJob> jobs{Job("TRUNCATE_TABLE", -60'000, -50'000),
                                   Job("TRUNCATE_TABLE", 50'000, 60'000)};
  EXPECT_THAT(Of(jobs, {8}).fitting, IsEmpty());
  EXPECT_THAT(Of(jobs, {8}).others, IsEmpty());
}

TEST(Attribution, WhatMayHaveSetAnExpirationIsACandidateThatDoesNotFit) {
  const std::vector<TableJob> jobs{Job("ALTER_TABLE_SET_OPTIONS", -2'000, -1'000)};
  EXPECT_THAT(Of(jobs, {8}).fitting, IsEmpty());
  EXPECT_THAT(Of(jobs, {8}).others, SizeIs(1));
}

TEST(Attribution, TheStatementsOfOneTransactionAreTakenTogether) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 4), Statement("s", "DELETE", 4)};
  ASSERT_NE(Of(jobs, {8}).TheOne(), nullptr);
  EXPECT_THAT(Of(jobs, {8}).TheOne()->jobs, SizeIs(2));
}

TEST(Attribution, StatementsOfTwoScriptsAreNotAddedUp) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 4), Statement("t", "DELETE", 4)};
  EXPECT_THAT(Of(jobs, {8}).fitting, IsEmpty());
}

TEST(Attribution, ATransactionThatPutFewerRowsBackThanItTookFitsByWhatTheTableShrank) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 10), Statement("s", "INSERT", 0, 2),
                                   Deletion(30)};
  ASSERT_NE(Of(jobs, {8, 8}).TheOne(), nullptr);
  EXPECT_EQ(Of(jobs, {8, 8}).TheOne()->removed, 10);
}

TEST(Attribution, ALossIsExplainedOnlyIfNothingElseWasWrittenMeanwhile) {
  const std::vector<TableJob> alone{Deletion(8)};
  EXPECT_TRUE(IsExplained(ChangesOf(alone), kLost, {8}));
  const std::vector<TableJob> both{Deletion(8), Load(Writes::kAdds)};
  EXPECT_FALSE(IsExplained(ChangesOf(both), kLost, {8}));
}

TEST(Attribution, APartitionIsDueFromItsExpirationOnForTwoDays) {
  Partitioning daily{.kind = PartitionKind::kDay, .field = "d"};
  daily.expiration = Millis{30 * 86'400'000LL};
  const int64_t due = 19'753 * 86'400'000LL + 30 * 86'400'000LL;  // of 2024-01-31
  EXPECT_FALSE(WasDue(daily, "20240131", {due - 9, due - 1, {}}));
  EXPECT_TRUE(WasDue(daily, "20240131", {due - 9, due, {}}));
  EXPECT_TRUE(WasDue(daily, "20240131", {due + 47 * 3'600'000LL, due + 90 * 3'600'000LL, {}}));
  EXPECT_FALSE(WasDue(daily, "20240131", {due + 49 * 3'600'000LL, due + 90 * 3'600'000LL, {}}));
}

}  // namespace
}  // namespace salvor::bigquery
